using System.Globalization;
using System.Text;
using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using BuildFarm.TestKit.Bazel;
using Xunit;

namespace BuildFarm.EndToEnd.Tests.MidBuild;

/// <summary>
/// A workspace whose build lasts until it is let go, with content that no cache has seen: <c>first</c>, a few slow targets that need it, and <c>last</c>, which needs them all
/// and the source again; <c>endless</c>, many that never end; and what is large: <c>sizes</c> needs much in turn, and <c>large</c> needs all of it at once.
/// </summary>
public sealed class SlowWorkspace : IAsyncLifetime
{
    public const int SlowTargets = 4;

    /// <summary>Targets that take longer than any test.</summary>
    public const int EndlessTargets = 60;

    /// <summary>Outputs of 2 MB.</summary>
    public const int LargeTargets = 24;

    private readonly TempFolder _folder = new();
    private readonly Held _held = new();

    internal BazelRunner Bazel { get; private set; } = null!;

    /// <summary>What the only source file has.</summary>
    internal byte[] Source { get; private set; } = [];

    private string Root => Path.Combine(_folder.Path, "workspace");

    public async ValueTask InitializeAsync()
    {
        await BazelOptions.RequireAsync();
        Directory.CreateDirectory(Root);
        await File.WriteAllTextAsync(Path.Combine(Root, "WORKSPACE"), "workspace(name = \"slow\")\n");
        var build = new StringBuilder("genrule(name = \"first\", srcs = [\"source.txt\"], outs = [\"first.txt\"], cmd = \"(echo first; cat $<) > $@\")\n");
        for (var i = 0; i < SlowTargets; i++)
        {
            build.Append(CultureInfo.InvariantCulture, $"genrule(name = \"slow{i}\", srcs = [\"first.txt\"], outs = [\"slow{i}.txt\"], cmd = \"{_held.Command}; (echo slow{i}; cat $<) > $@\")\n");
        }

        var all = string.Join(", ", Enumerable.Range(0, SlowTargets).Select(static i => $"\"slow{i}.txt\""));
        build.Append(CultureInfo.InvariantCulture, $"genrule(name = \"last\", srcs = [{all}, \"source.txt\"], outs = [\"last.txt\"], cmd = \"cat $(SRCS) > $@\")\n");
        for (var i = 0; i < EndlessTargets; i++)
        {
            build.Append(CultureInfo.InvariantCulture, $"genrule(name = \"endless{i}\", srcs = [\"source.txt\"], outs = [\"endless{i}.txt\"], cmd = \"sleep 1000; cat $< > $@\")\n");
        }

        for (var i = 0; i < LargeTargets; i++)
        {
            build.Append(CultureInfo.InvariantCulture, $"genrule(name = \"large{i}\", srcs = [\"source.txt\"], outs = [\"large{i}.bin\"], cmd = \"(echo {i}; cat $<; head -c 2000000 /dev/zero) > $@\")\n");
            build.Append(CultureInfo.InvariantCulture, $"genrule(name = \"size{i}\", srcs = [\"large{i}.bin\"], outs = [\"size{i}.txt\"], cmd = \"wc -c < $< > $@\")\n");
        }

        string Numbered(string name, string end, int count = LargeTargets) => string.Join(", ", Enumerable.Range(0, count).Select(i => $"\"{name}{i}.{end}\""));
        build.Append(CultureInfo.InvariantCulture, $"filegroup(name = \"endless\", srcs = [{Numbered("endless", "txt", EndlessTargets)}])\n");
        build.Append(CultureInfo.InvariantCulture, $"genrule(name = \"large\", srcs = [{Numbered("large", "bin")}], outs = [\"large.txt\"], cmd = \"cat $(SRCS) | wc -c > $@\")\n");
        build.Append(CultureInfo.InvariantCulture, $"genrule(name = \"sizes\", srcs = [{Numbered("size", "txt")}], outs = [\"sizes.txt\"], cmd = \"cat $(SRCS) > $@\")\n");
        await File.WriteAllTextAsync(Path.Combine(Root, "BUILD"), build.ToString());
        Bazel = new BazelRunner(Root, _folder.Path);
        Change();
    }

    /// <summary>Another source, so that nothing is known of what is built from it.</summary>
    public void Change()
    {
        Source = Encoding.UTF8.GetBytes($"source {Guid.NewGuid():N}\n");
        File.WriteAllBytes(Path.Combine(Root, "source.txt"), Source);
    }

    /// <summary>What <c>last</c> must be.</summary>
    public string Expected()
    {
        var source = Encoding.UTF8.GetString(Source);
        return string.Concat(Enumerable.Range(0, SlowTargets).Select(i => $"slow{i}\nfirst\n{source}")) + source;
    }

    /// <summary>Lets the slow targets go on, and waits for the end of the build.</summary>
    internal Task<FarmResult> EndAsync(FarmProcess build) => _held.LetGoUntilEndAsync(build);

    /// <summary>Builds with the slow targets let go as soon as they begin.</summary>
    internal Task<FarmResult> BuildAsync(params string[] arguments) => _held.LetGoUntilAsync(Bazel.RunAsync("build", arguments));

    public async ValueTask DisposeAsync()
    {
        await Bazel.EndAsync();
        _folder.Dispose();
    }
}
