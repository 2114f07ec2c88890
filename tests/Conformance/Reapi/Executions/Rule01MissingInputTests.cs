using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Grpc.Core;
using Xunit;
using Action = Build.Bazel.Remote.Execution.V2.Action;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;

namespace BuildFarm.Conformance.Reapi.Executions;

public sealed class Rule01MissingInputTests(ServerUnderTest server) : ExecutionTests(server)
{
    [Fact]
    public async Task Execute_UnknownAction_IsMissing()
    {
        var action = DigestOf(Fresh(100));

        Assert.Equal([SubjectOf(action)], await MissingAsync(action));
    }

    [Fact]
    public async Task Execute_UnknownCommandAndFile_AreMissing()
    {
        var (command, file) = (DigestOf(Fresh(100)), DigestOf(Fresh(100)));
        var root = await StoreAsync(new Directory { Files = { new FileNode { Name = "f", Digest = file } } });
        var action = await StoreAsync(new Action { CommandDigest = command, InputRootDigest = root });

        Assert.Equal(Sorted(SubjectOf(command), SubjectOf(file)), Sorted([.. await MissingAsync(action)]));
    }

    [Fact]
    public async Task Execute_UnknownFile_RunsOnceItIsUploaded()
    {
        var content = Fresh(100);
        var inputs = new Directory { Files = { new FileNode { Name = "f", Digest = DigestOf(content) } } };
        var action = await StoreActionAsync(Shell("cat f | wc -c"), inputs);
        Assert.Equal([SubjectOf(DigestOf(content))], await MissingAsync(action));

        await StoreAsync(content);

        Assert.Equal("100", (await StandardOutputAsync(ResultOf(await ExecuteAsync(action)))).Trim());
    }

    private static string[] Sorted(params string[] subjects) => [.. subjects.Order(StringComparer.Ordinal)];

    /// <summary>Whether it comes as the call's status or inside the response is the server's choice.</summary>
    private async Task<IReadOnlyList<string>> MissingAsync(Digest action)
    {
        try
        {
            return MissingOf((await ExecuteAsync(action)).Status);
        }
        catch (RpcException refusal)
        {
            return MissingOf(DetailsOf(refusal));
        }
    }
}
