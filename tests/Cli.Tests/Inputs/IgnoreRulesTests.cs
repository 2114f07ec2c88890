using System.Diagnostics;
using BuildFarm.Cli.Inputs;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Cli.Tests.Inputs;

/// <summary>The ignore rules against the program that defines them.</summary>
public sealed class IgnoreRulesTests
{
    private static readonly string[] Names = ["a", "b", "ab", "abc", "a.o", "b.c", "foo", "foo.txt", "build", "#x", "!y", "x y", "sp ", "[z]", "bar-1"];

    private static readonly string[] Lines =
    [
        "a", "*.o", "/a", "a/", "!a", "!a/", "b/*", "!b/ab", "**/foo", "foo/**", "a/**/b", "**/", "*", "!*/", "!*.c", "/*", "!/foo", "build/", "# comment",
        "\\#x", "\\!y", "x y", "sp\\ ", "sp ", "[ab]", "[!a]", "[a-c].c", "[[:alpha:]]", "[]z]", "?", "??", "a*c", "foo.*", "**", "a/b", "/a/b", "*/b", "**/b/a",
        "a/*/b", "ab**", "**ab", "a**b", "foo/*.txt", "!foo/foo.txt", "\\[z\\]", "bar-[0-9]", "bar-[", "a\\", "", " ", "/", "//", "b//", "[^a]*", "*a*b*c*", "/**/abc",
        "[[:digit:][:punct:]]*", "*.[oc]", "*/", "!", "a/**", "**/a/**", "b\r",
    ];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Scan_RandomTree_ListsWhatGitLists(int seed)
    {
        await Requirements.AptAsync("git", "git --version");
        using var temp = new TempFolder();
        var random = new Random(seed);
        Grow(temp.Path, random, depth: 0);
        await GitAsync(temp.Path, "init", "-q");

        var ours = InputScanner.Scan(temp.Path, TestContext.Current.CancellationToken)
            .Where(entry => entry.Facts.Kind != FileKind.Directory).Select(entry => entry.Path).Order(StringComparer.Ordinal);
        var gits = (await GitAsync(temp.Path, "-c", "core.excludesFile=/dev/null", "-c", "core.quotePath=false", "ls-files", "-z", "--others", "--exclude-standard"))
            .Split('\0', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);

        Assert.Equal(gits, ours);
    }

    [Fact]
    public void Scan_FolderBelowAWorkTree_HonoursTheFilesAbove()
    {
        using var temp = new TempFolder();
        Directory.CreateDirectory(Path.Combine(temp.Path, ".git"));
        var below = Directory.CreateDirectory(Path.Combine(temp.Path, "src", "lib")).FullName;
        File.WriteAllText(Path.Combine(temp.Path, ".gitignore"), "*.o\n/src/lib/gen\n");
        File.WriteAllText(Path.Combine(temp.Path, "src", ".gitignore"), "!keep.o\n");
        foreach (var name in new[] { "a.c", "a.o", "keep.o", "gen" })
        {
            File.WriteAllText(Path.Combine(below, name), name);
        }

        var entries = InputScanner.Scan(below, TestContext.Current.CancellationToken);

        Assert.Equal(["a.c", "keep.o"], entries.Select(entry => entry.Path));
    }

    [Fact]
    public void Scan_FarmIgnore_ComesAfterGitIgnore()
    {
        using var temp = new TempFolder();
        File.WriteAllText(Path.Combine(temp.Path, ".gitignore"), "generated\n");
        File.WriteAllText(Path.Combine(temp.Path, ".farmignore"), "!generated\nsecret\n");
        File.WriteAllText(Path.Combine(temp.Path, "generated"), "");
        File.WriteAllText(Path.Combine(temp.Path, "secret"), "");

        var entries = InputScanner.Scan(temp.Path, TestContext.Current.CancellationToken);

        Assert.Equal([".farmignore", ".gitignore", "generated"], entries.Select(entry => entry.Path));
    }

    [Fact]
    public void Scan_EmptyFoldersAndLinks_AreKept()
    {
        using var temp = new TempFolder();
        Directory.CreateDirectory(Path.Combine(temp.Path, "empty"));
        File.CreateSymbolicLink(Path.Combine(temp.Path, "link"), "empty/nowhere");

        var entries = InputScanner.Scan(temp.Path, TestContext.Current.CancellationToken);

        Assert.Equal([("empty", FileKind.Directory, null), ("link", FileKind.Symlink, "empty/nowhere")], entries.Select(entry => (entry.Path, entry.Facts.Kind, entry.LinkTarget)));
    }

    [Fact]
    public void Scan_MissingFolder_IsAUsageError()
    {
        var error = Assert.Throws<FarmException>(() => InputScanner.Scan("/nonexistent/folder", TestContext.Current.CancellationToken));

        Assert.Equal(Hosting.ExitCode.Usage, error.ExitCode);
    }

    private static void Grow(string folder, Random random, int depth)
    {
        if (random.Next(2) == 0 || depth == 0)
        {
            var lines = Enumerable.Range(0, random.Next(1, 6)).Select(_ => (random.Next(4) == 0 ? "!" : "") + Lines[random.Next(Lines.Length)]);
            File.WriteAllText(Path.Combine(folder, ".gitignore"), string.Join('\n', lines) + (random.Next(2) == 0 ? "\n" : ""));
        }

        foreach (var name in Names.Where(_ => random.Next(2) == 0))
        {
            var path = Path.Combine(folder, name);
            if (depth < 3 && random.Next(3) == 0)
            {
                Grow(Directory.CreateDirectory(path).FullName, random, depth + 1);
            }
            else
            {
                File.WriteAllText(path, name);
            }
        }
    }

    private static async Task<string> GitAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["HOME"] = folder + "-none";
        using var git = Process.Start(start)!;
        var output = await git.StandardOutput.ReadToEndAsync();
        await git.WaitForExitAsync();
        Assert.Equal(0, git.ExitCode);
        return output;
    }
}
