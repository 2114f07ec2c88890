using System.Globalization;

namespace BuildFarm.Cli.Output;

/// <summary>Marks around long text that a CI service can fold.</summary>
public abstract class FoldMarkers
{
    /// <summary>No marks.</summary>
    public static FoldMarkers None { get; } = new NoMarkers();

    /// <summary>What the service that <paramref name="variable"/> shows understands.</summary>
    public static FoldMarkers For(Func<string, string?> variable) =>
        variable("GITHUB_ACTIONS") == "true" ? new GitHubMarkers()
        : variable("GITLAB_CI") == "true" ? new GitLabMarkers()
        : None;

    /// <summary>Before the text.</summary>
    public abstract void Open(TextWriter to, string title, DateTimeOffset now);

    /// <summary>After it.</summary>
    public abstract void Close(TextWriter to, DateTimeOffset now);

    private sealed class NoMarkers : FoldMarkers
    {
        public override void Open(TextWriter to, string title, DateTimeOffset now)
        {
        }

        public override void Close(TextWriter to, DateTimeOffset now)
        {
        }
    }

    private sealed class GitHubMarkers : FoldMarkers
    {
        public override void Open(TextWriter to, string title, DateTimeOffset now) => to.WriteLine($"::group::{title}");

        public override void Close(TextWriter to, DateTimeOffset now) => to.WriteLine("::endgroup::");
    }

    private sealed class GitLabMarkers : FoldMarkers
    {
        private int _section;

        public override void Open(TextWriter to, string title, DateTimeOffset now) =>
            to.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"\e[0Ksection_start:{now.ToUnixTimeSeconds()}:farm_{++_section}[collapsed=true]\r\e[0K{title}"));

        public override void Close(TextWriter to, DateTimeOffset now) =>
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\e[0Ksection_end:{now.ToUnixTimeSeconds()}:farm_{_section}\r\e[0K"));
    }
}
