using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Grpc.Core;
using Xunit;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;

namespace BuildFarm.Conformance.Reapi.Executions;

public sealed class Rule02AbsentTreeTests(ServerUnderTest server) : ExecutionTests(server)
{
    [Fact]
    public async Task Execute_InputDirectoryAbsent_IsAFailedPreconditionAndNotNotFound()
    {
        var inputs = new Directory { Directories = { new DirectoryNode { Name = "d", Digest = DigestOf(Fresh(64)) } } };
        var action = await StoreActionAsync(Shell("true"), inputs);

        var refusal = await NotBegunAsync(action, StatusCode.FailedPrecondition);

        Assert.Equal([SubjectOf(inputs.Directories[0].Digest)], MissingOf(DetailsOf(refusal)));
    }
}
