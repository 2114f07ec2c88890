using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Google.LongRunning;
using Grpc.Core;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Executions;

public sealed class Rule05StreamTests(ServerUnderTest server) : ExecutionTests(server)
{
    [Fact]
    public async Task Execute_FirstMessage_NamesTheOperationBeforeItIsDone()
    {
        using var call = Begin(await StoreActionAsync(Shell(RunsForLong)));

        Assert.True(await call.ResponseStream.MoveNext(Token));
        Assert.NotEmpty(call.ResponseStream.Current.Name);
        Assert.False(call.ResponseStream.Current.Done);
        var name = call.ResponseStream.Current.Name;
        await CancelAsync(name);
        Assert.All(await ReadAllAsync(call), operation => Assert.Equal(name, operation.Name));
    }

    [Fact]
    public async Task WaitExecution_AfterTheStreamBroke_GivesTheResult()
    {
        var name = await BreakAsync("sleep 2; echo done");

        Assert.Equal("done\n", await StandardOutputAsync(ResultOf(await WaitAsync(name))));
    }

    [Fact]
    public async Task WaitExecution_SeveralAtOnceAndAfterTheEnd_AllGetTheResult()
    {
        var name = await BreakAsync("sleep 1; echo done");

        var responses = await Task.WhenAll(WaitAsync(name), WaitAsync(name));

        Assert.All(responses.Append(await WaitAsync(name)), response => Assert.Equal(responses[0], response));
    }

    [Fact]
    public async Task WaitExecution_UnknownOperation_IsNotFound()
    {
        var name = await BreakAsync("true");

        await RefusedAsync(() => WaitAsync(name[..^4] + "0000"), StatusCode.NotFound);
        await RefusedAsync(() => WaitAsync("no such name"), StatusCode.NotFound, StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task GetOperation_OfOneThatRuns_SaysSo()
    {
        var name = await BreakAsync(RunsForLong);

        var operation = await Operations.GetOperationAsync(new GetOperationRequest { Name = name }, deadline: Deadline());

        Assert.Equal((name, false), (operation.Name, operation.Done));
        await CancelAsync(name);
        await WaitAsync(name);
        Assert.True((await Operations.GetOperationAsync(new GetOperationRequest { Name = name }, deadline: Deadline())).Done);
    }

    private async Task<string> BreakAsync(string script)
    {
        using var call = Begin(await StoreActionAsync(Shell(script)));
        Assert.True(await call.ResponseStream.MoveNext(Token));
        return call.ResponseStream.Current.Name;
    }

    private async Task<ExecuteResponse> WaitAsync(string name)
    {
        using var call = Execution.WaitExecution(new WaitExecutionRequest { Name = name }, deadline: Deadline());
        return ResponseOf((await ReadAllAsync(call))[^1]);
    }
}
