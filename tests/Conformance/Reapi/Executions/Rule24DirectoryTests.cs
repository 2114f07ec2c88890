using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Grpc.Core;
using Xunit;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;

namespace BuildFarm.Conformance.Reapi.Executions;

public sealed class Rule24DirectoryTests(ServerUnderTest server) : ExecutionTests(server)
{
    [Theory]
    [InlineData("a", "a")]
    [InlineData("b", "a")]
    [InlineData("Z", "A")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\0b")]
    public async Task Execute_NamesThatBreakARule_AreInvalid(params string[] names)
    {
        var file = await StoreAsync(Fresh(10));
        var inputs = new Directory { Files = { names.Select(name => new FileNode { Name = name, Digest = file }) } };

        await NotBegunAsync(await StoreActionAsync(Shell("true"), inputs), StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task Execute_NameTwiceInTwoLists_IsInvalid()
    {
        var inputs = new Directory
        {
            Files = { new FileNode { Name = "a", Digest = await StoreAsync(Fresh(10)) } },
            Directories = { new DirectoryNode { Name = "a", Digest = await StoreAsync(new Directory()) } },
        };

        await NotBegunAsync(await StoreActionAsync(Shell("true"), inputs), StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task Execute_NamesSortedByTheirBytes_Run()
    {
        var file = await StoreAsync(Fresh(10));
        string[] names = ["A", "B", "a", "\u00e9", "\uff01", "\U0001f600"];
        var inputs = new Directory { Files = { names.Select(name => new FileNode { Name = name, Digest = file }) } };

        var result = ResultOf(await ExecuteAsync(Shell("ls | wc -l"), inputs));

        Assert.Equal("6", (await StandardOutputAsync(result)).Trim());
    }

    [Fact]
    public async Task Execute_TreeThatUnfoldsForEver_IsRefused()
    {
        // Each level names the one below twice: sixty of them would be laid out as 2^60 folders.
        var level = await StoreAsync(new Directory { Files = { new FileNode { Name = "f", Digest = await StoreAsync(Fresh(10)) } } });
        for (var i = 0; i < 60; i++)
        {
            level = await StoreAsync(new Directory { Directories = { new DirectoryNode { Name = "a", Digest = level }, new DirectoryNode { Name = "b", Digest = level } } });
        }

        var action = await StoreAsync(new Build.Bazel.Remote.Execution.V2.Action { CommandDigest = await StoreAsync(Shell("true")), InputRootDigest = level });

        await NotBegunAsync(action, StatusCode.InvalidArgument);
    }
}
