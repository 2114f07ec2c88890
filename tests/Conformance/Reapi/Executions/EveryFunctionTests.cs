using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Grpc.Core;
using Xunit;
using Digest = Build.Bazel.Remote.Execution.V2.Digest;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;

namespace BuildFarm.Conformance.Reapi.Executions;

/// <summary>An Action of each digest function that the capabilities list, from its inputs to its cached result.</summary>
public sealed class EveryFunctionTests(ServerUnderTest server) : ExecutionTests(server)
{
    public static TheoryData<DigestFunction.Types.Value> Functions => Caches.EveryFunctionTests.Functions;

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task Rules08And17_Execute_EachFunction_NamesOutputsByItAndFindsThemAgain(DigestFunction.Types.Value function)
    {
        var capabilities = Server.Capabilities.ExecutionCapabilities;
        Assert.SkipUnless(capabilities.DigestFunctions.Append(capabilities.DigestFunction).Contains(function), $"this server does not execute by {function}");
        Function = function;
        var source = Fresh(3000);
        var inner = await StoreAsync(new Directory { Files = { new FileNode { Name = "b", Digest = await StoreAsync(source) } } });
        var inputs = new Directory { Directories = { new DirectoryNode { Name = "a", Digest = inner } } };
        var command = Shell("cat a/b; mkdir -p out/deep; cp a/b out/deep/copy; cp a/b file; head -c 100000 /dev/zero >&2", "file", "out");
        var action = await StoreActionAsync(command, inputs);

        var operations = await ExecuteAllAsync(action);

        var result = ResultOf(ResponseOf(operations[^1]));
        Assert.Equal((function, action), (MetadataOf(operations[^1]).DigestFunction, MetadataOf(operations[^1]).ActionDigest));
        Assert.Equal(DigestOf(source), result.OutputFiles.Single().Digest);
        Assert.Equal(DigestOf(source), result.StdoutDigest);
        Assert.Equal(DigestOf(new byte[100_000]), result.StderrDigest);
        var tree = Tree.Parser.ParseFrom(await ReadAsync(BlobName(result.OutputDirectories.Single().TreeDigest)));
        Assert.Equal(DigestOf(source), tree.Children.Single().Files.Single().Digest);
        Assert.Equal(source, await ReadAsync(BlobName(result.OutputFiles.Single().Digest)));
        Assert.True(ResponseOf((await ExecuteAllAsync(action))[^1]).CachedResult);
        var cached = await Results.GetActionResultAsync(
            new GetActionResultRequest { InstanceName = Instance, ActionDigest = action, DigestFunction = function }, deadline: Deadline());
        Assert.Equal(result.OutputFiles, cached.OutputFiles);
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task Rule01_Execute_InputIsAbsent_NamesItAsItsFunctionDoes(DigestFunction.Types.Value function)
    {
        var capabilities = Server.Capabilities.ExecutionCapabilities;
        Assert.SkipUnless(capabilities.DigestFunctions.Append(capabilities.DigestFunction).Contains(function), $"this server does not execute by {function}");
        Function = function;
        var absent = DigestOf(Fresh(100));
        var action = await StoreActionAsync(Shell("true"), new Directory { Files = { new FileNode { Name = "f", Digest = absent } } });

        var refusal = await NotBegunAsync(action, StatusCode.FailedPrecondition);

        Assert.Equal([SubjectOf(absent)], MissingOf(DetailsOf(refusal)));
    }
}
