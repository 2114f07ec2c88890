using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Grpc.Core;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Executions;

public sealed class Rule06ImpossibleTests(ServerUnderTest server) : ExecutionTests(server)
{
    [Fact]
    public async Task Execute_PropertyThatNoWorkerHas_IsAFailedPreconditionThatNamesIt()
    {
        var property = $"conformance-{FreshText()[..8]}";
        var action = await StoreActionAsync(
            Shell("true"), configure: action => action.Platform = new Platform { Properties = { new Platform.Types.Property { Name = property, Value = "1" } } });

        var refusal = await NotBegunAsync(action, StatusCode.FailedPrecondition);

        Assert.Contains(property, refusal.Status.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(refusal.GetStatusDetails(Google.Rpc.Status.Parser)?.Details ?? [], detail => detail.Is(Google.Rpc.PreconditionFailure.Descriptor));
    }
}
