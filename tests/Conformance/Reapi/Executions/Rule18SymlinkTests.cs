using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Grpc.Core;
using Xunit;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;

namespace BuildFarm.Conformance.Reapi.Executions;

public sealed class Rule18SymlinkTests(ServerUnderTest server) : ExecutionTests(server)
{
    private bool AbsoluteAllowed =>
        Server.Capabilities.CacheCapabilities.SymlinkAbsolutePathStrategy == SymlinkAbsolutePathStrategy.Types.Value.Allowed;

    [Fact]
    public async Task Execute_RelativeSymlinkInTheInputs_IsFollowedByTheCommand()
    {
        var inputs = new Directory
        {
            Files = { new FileNode { Name = "f", Digest = await StoreAsync("content"u8.ToArray()) } },
            Symlinks = { new SymlinkNode { Name = "l", Target = "f" } },
        };

        Assert.Equal("content", await StandardOutputAsync(ResultOf(await ExecuteAsync(Shell("cat l"), inputs))));
    }

    [Fact]
    public async Task Execute_AbsoluteSymlinkInTheInputs_IsAsTheCapabilitiesSay()
    {
        var action = await StoreActionAsync(Shell("readlink l"), new Directory { Symlinks = { new SymlinkNode { Name = "l", Target = "/etc/os-release" } } });

        if (AbsoluteAllowed)
        {
            Assert.Equal("/etc/os-release\n", await StandardOutputAsync(ResultOf(await ExecuteAsync(action))));
        }
        else
        {
            await NotBegunAsync(action, StatusCode.InvalidArgument);
        }
    }

    [Fact]
    public async Task Execute_SymlinkAsOutput_IsRecordedInBothFieldsAndNotFollowed()
    {
        var result = ResultOf(await ExecuteAsync(Shell("echo secret > f; mkdir d; ln -s f to-file; ln -s d to-folder", "to-file", "to-folder")));

        Assert.Empty(result.OutputFiles);
        Assert.Equal([("to-file", "f"), ("to-folder", "d")], result.OutputSymlinks.Select(link => (link.Path, link.Target)));
#pragma warning disable CS0612 // Clients of REAPI 2.0 read them.
        Assert.Equal("to-file", Assert.Single(result.OutputFileSymlinks).Path);
        Assert.Equal("to-folder", Assert.Single(result.OutputDirectorySymlinks).Path);
#pragma warning restore CS0612
    }

    [Fact]
    public async Task Execute_AbsoluteSymlinkAsOutput_GivesNothingOfTheServer()
    {
        var response = await ExecuteAsync(Shell("ln -s /etc/hostname out", "out"));

        if (AbsoluteAllowed)
        {
            Assert.Empty(ResultOf(response).OutputFiles);
            Assert.Equal("/etc/hostname", Assert.Single(response.Result.OutputSymlinks).Target);
        }
        else
        {
            Assert.Equal((int)StatusCode.FailedPrecondition, response.Status.Code);
        }
    }
}
