using BuildFarm.Conformance.Reapi.Support;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Executions;

public sealed class Rule04TimeoutTests(ServerUnderTest server) : ExecutionTests(server)
{
    [Fact]
    public async Task Execute_RunsTooLong_IsDeadlineExceededInsideTheResponseWithTheOutputSoFar()
    {
        // Long enough for the shell to come to its first command on a machine that stands still meanwhile.
        var response = await ExecuteAsync(Shell("echo partial; sleep 300"), configure: action => action.Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(15)));

        Assert.Equal((int)StatusCode.DeadlineExceeded, response.Status.Code);
        Assert.Equal("partial\n", await StandardOutputAsync(response.Result));
    }

    [Fact]
    public async Task Execute_TimeoutThatNoServerAllows_IsRefused()
    {
        var action = await StoreActionAsync(Shell("true"), configure: action => action.Timeout = Duration.FromTimeSpan(TimeSpan.FromDays(3650)));

        await NotBegunAsync(action, StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task Execute_WithinItsTimeout_Succeeds() =>
        Assert.Equal(0, ResultOf(await ExecuteAsync(Shell("true"), configure: action => action.Timeout = Duration.FromTimeSpan(TimeSpan.FromMinutes(3)))).ExitCode);
}
