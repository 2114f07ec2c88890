using BuildFarm.Cli.Inputs;
using BuildFarm.Digests;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.Cli.Tests.Inputs;

public sealed class OutputFolderTests
{
    [Fact]
    public async Task Create_VerifiedFile_AppearsWithItsMode()
    {
        using var temp = new TempFolder();
        await WriteAsync(new OutputFolder(temp.Path), "bin/tool", "abc", executable: true);

        var file = Path.Combine(temp.Path, "bin", "tool");
        Assert.Equal("abc", File.ReadAllText(file));
        Assert.True(File.GetUnixFileMode(file).HasFlag(UnixFileMode.UserExecute));
        Assert.Single(Directory.GetFiles(Path.Combine(temp.Path, "bin")));
    }

    [Fact]
    public async Task Commit_OtherBytes_LeavesTheOldFile()
    {
        using var temp = new TempFolder();
        var file = Path.Combine(temp.Path, "out");
        File.WriteAllText(file, "old");

        await using (var output = new OutputFolder(temp.Path).Create("out", executable: false))
        {
            await output.WriteAsync("abX"u8.ToArray(), TestContext.Current.CancellationToken);
            Assert.Throws<FarmException>(() => output.Commit(Digest.OfBytes("abc"u8)));
        }

        Assert.Equal("old", File.ReadAllText(file));
        Assert.Single(Directory.GetFiles(temp.Path));
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/etc/x")]
    [InlineData("a/../../x")]
    [InlineData("a//x")]
    [InlineData(".")]
    [InlineData("")]
    public void Create_PathThatLeaves_IsRefused(string path)
    {
        using var temp = new TempFolder();
        var inside = Directory.CreateDirectory(Path.Combine(temp.Path, "inside")).FullName;

        Assert.Throws<FarmException>(() => new OutputFolder(inside).Create(path, executable: false));
        Assert.Equal([inside], Directory.GetFileSystemEntries(temp.Path));
    }

    [Fact]
    public void Create_FolderOnTheWayIsALink_IsRefused()
    {
        using var temp = new TempFolder();
        var (inside, outside) = (Directory.CreateDirectory(Path.Combine(temp.Path, "in")).FullName, Directory.CreateDirectory(Path.Combine(temp.Path, "out")).FullName);
        Directory.CreateSymbolicLink(Path.Combine(inside, "a"), outside);

        Assert.Throws<FarmException>(() => new OutputFolder(inside).Create("a/x", executable: false));
        Assert.Empty(Directory.GetFileSystemEntries(outside));
    }

    [Fact]
    public async Task Create_NameIsALink_ReplacesTheLinkAndNotItsTarget()
    {
        using var temp = new TempFolder();
        var target = Path.Combine(temp.Path, "target");
        File.WriteAllText(target, "old");
        var inside = Directory.CreateDirectory(Path.Combine(temp.Path, "in")).FullName;
        File.CreateSymbolicLink(Path.Combine(inside, "x"), target);

        await WriteAsync(new OutputFolder(inside), "x", "abc", executable: false);

        Assert.Equal("old", File.ReadAllText(target));
        Assert.Equal("abc", File.ReadAllText(Path.Combine(inside, "x")));
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../../etc")]
    public void Link_TargetOutside_IsRefused(string target)
    {
        using var temp = new TempFolder();

        Assert.Throws<FarmException>(() => new OutputFolder(temp.Path).Link("a/link", target));
    }

    private static async Task WriteAsync(OutputFolder folder, string path, string text, bool executable)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        await using var file = folder.Create(path, executable);
        await file.WriteAsync(bytes, TestContext.Current.CancellationToken);
        file.Commit(Digest.OfBytes(bytes));
    }
}
