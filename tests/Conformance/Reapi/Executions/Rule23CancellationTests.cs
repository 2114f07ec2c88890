using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Google.LongRunning;
using Grpc.Core;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Executions;

public sealed class Rule23CancellationTests(ServerUnderTest server) : ExecutionTests(server)
{
    [Fact]
    public async Task CancelOperation_OfOneThatRuns_EndsItAsCancelled()
    {
        using var call = Begin(await StoreActionAsync(Shell(RunsForLong)));
        var running = await ReadUntilAsync(call, ExecutionStage.Types.Value.Executing);

        await CancelAsync(running.Name);

        Assert.Equal((int)StatusCode.Cancelled, ResponseOf((await ReadAllAsync(call))[^1]).Status.Code);
    }

    [Fact]
    public async Task CancelOperation_OfOneOfTwoThatShareAnExecution_LeavesTheOther()
    {
        // The second has to come while the first runs: where that took the machine too long, longer ones are begun.
        for (var seconds = 3; ; seconds *= 6)
        {
            var action = await StoreActionAsync(Shell($"sleep {seconds}; echo done"));
            using var first = Begin(action);
            await ReadUntilBegunAsync(first);
            using var second = Begin(action);
            var other = await ReadUntilBegunAsync(second);
            if (other.Done)
            {
                Assert.True(seconds < 100, "two equal actions never run at once");
                continue;
            }

            await CancelAsync(other.Name);

            Assert.Equal("done\n", await StandardOutputAsync(ResultOf(ResponseOf((await ReadAllAsync(first))[^1]))));
            return;
        }
    }

    [Fact]
    public async Task CancelOperation_Unknown_IsNotFound() => await RefusedAsync(() => CancelAsync("operations/0000000000000000"), StatusCode.NotFound);

    [Fact]
    public async Task ListOperations_OneThatRuns_IsThere()
    {
        using var call = Begin(await StoreActionAsync(Shell(RunsForLong)));
        var running = await ReadUntilAsync(call, ExecutionStage.Types.Value.Executing);

        Assert.Contains(running.Name, await ListAsync());
        await CancelAsync(running.Name);
        await ReadAllAsync(call);
    }

    [Fact]
    [Trait("Tier", "Full")]
    public async Task WaitExecution_AfterThirtySecondsWithoutAWaiter_StillRuns()
    {
        string name;
        using (var call = Begin(await StoreActionAsync(Shell("sleep 35; echo done"))))
        {
            name = (await ReadUntilAsync(call, ExecutionStage.Types.Value.Executing)).Name;
        }

        // Half a minute by the server's own clock.
        await ExecuteAsync(Shell("sleep 30"), configure: uncached => uncached.DoNotCache = true);

        using var wait = Execution.WaitExecution(new WaitExecutionRequest { Name = name }, deadline: Deadline());
        Assert.Equal("done\n", await StandardOutputAsync(ResultOf(ResponseOf((await ReadAllAsync(wait))[^1]))));
    }

    private async Task<IReadOnlyList<string>> ListAsync()
    {
        var names = new List<string>();
        var request = new ListOperationsRequest { Name = Named("operations"), PageSize = 3 };
        do
        {
            var page = await Operations.ListOperationsAsync(request, deadline: Deadline());
            names.AddRange(page.Operations.Select(operation => operation.Name));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return names;
    }
}
