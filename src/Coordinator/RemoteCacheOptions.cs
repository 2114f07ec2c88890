using BuildFarm.Hosting.Configuration;
using BuildFarm.Hosting.Local;

namespace BuildFarm.Coordinator;

/// <summary>Where a coordinator in a process of its own finds what it does not keep itself.</summary>
public sealed class RemoteCacheOptions : ICheckedOptions
{
    /// <summary>Address of the cache service: <c>http://host:port</c>, <c>https://host:port</c> or <c>unix:///path</c>.</summary>
    public string Address { get; set; } = "";

    /// <summary>REAPI instance name at the cache; empty for the default one.</summary>
    public string Instance { get; set; } = "";

    /// <summary>
    /// File with the key that the cache service has as its coordinator's: executed results are then kept in the cache, where
    /// REAPI clients find them. Empty keeps them in <see cref="ActionCacheDirectory"/>, for this coordinator's jobs alone.
    /// </summary>
    public string KeyFile { get; set; } = "";

    /// <summary>Directory of executed results that the cache service does not take, for want of a <see cref="KeyFile"/>.</summary>
    public string ActionCacheDirectory { get; set; } = Path.Combine(DataDirectory.DefaultPath(), "coordinator");

    /// <summary>How long a task that is to be made waits for a cache that does not answer before it is lost; zero for not at all.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromMinutes(10);

    /// <inheritdoc />
    public IEnumerable<string> FindProblems()
    {
        if (!Uri.TryCreate(Address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https" or "unix"))
        {
            yield return $"{nameof(Address)}: '{Address}' is not the address of a cache service; give http://host:port, https://host:port or unix:///path";
        }

        if (KeyFile.Length > 0 && Hosting.Configuration.KeyFile.FindProblem(KeyFile) is { } problem)
        {
            yield return $"{nameof(KeyFile)}: {problem}";
        }

        if (Patience < TimeSpan.Zero)
        {
            yield return $"{nameof(Patience)}: {Patience} is negative";
        }

        if (ActionCacheDirectory.Length == 0)
        {
            yield return $"{nameof(ActionCacheDirectory)}: a directory is needed";
        }
    }
}
