using Build.Bazel.Remote.Execution.V2;
using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using BuildFarm.V1;
using Google.LongRunning;
using Grpc.Net.Client;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.EndToEnd.Tests.MidBuild;

/// <summary>Ctrl-C in the middle of Bazel's build: what nobody waits for any more ends on the farm, and the next build goes on.</summary>
[Trait("Tier", "Full")]
public sealed class InterruptedBuildTests(SlowWorkspace workspace) : IClassFixture<SlowWorkspace>
{
    private const int Interrupted = 8;
    private const int Slots = 2;

    private static readonly string[] Shown = ["--show_progress_rate_limit=0.2", $"--jobs={SlowWorkspace.EndlessTargets}"];

    [Fact]
    public async Task Build_Interrupted_ItsExecutionsAreCancelledAndTheNextBuildGoesOn()
    {
        await using var farm = await new ServiceFarm { CoordinatorOptions = ["--Coordinator:Reapi:WaiterGrace", "00:00:02"] }.WithAsync("first", "second");
        using var channel = GrpcChannel.ForAddress($"http://{farm.CoordinatorAddress}");
        workspace.Change();
        await using var bazel = workspace.Bazel.Start("build", ["//:endless", .. Shown, .. farm.BazelOptions]);
        await bazel.ErrorLineAsync($"({SlowWorkspace.EndlessTargets} actions, {Slots} running)");

        await bazel.SignalAsync("INT");
        var result = await bazel.EndAsync();
        var begun = await OperationsAsync(channel);
        var outcomes = await Task.WhenAll(begun.Select(operation => OutcomeAsync(channel, operation)));

        // All the slots were taken by what never ends.
        var next = await workspace.BuildAsync(["//:last", .. farm.BazelOptions]);
        Assert.Equal(Interrupted, result.ExitCode);
        Assert.True(begun.Count > Slots, $"{begun.Count} operations had begun");
        Assert.All(outcomes, static outcome => Assert.Equal(Outcome.Cancelled, outcome));
        Assert.True(next.ExitCode == 0, next.ToString());
        Assert.Equal(workspace.Expected(), await File.ReadAllTextAsync(workspace.Bazel.PathOf("last.txt"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Build_InterruptedAndBegunAgain_LosesNothingThatRuns()
    {
        await using var farm = await ServiceFarm.StartAsync("first", "second");
        using var channel = GrpcChannel.ForAddress($"http://{farm.CoordinatorAddress}");
        workspace.Change();
        await using var bazel = workspace.Bazel.Start("build", ["//:last", .. Shown, .. farm.BazelOptions]);
        await bazel.ErrorLineAsync("//:slow");

        await bazel.SignalAsync("INT");
        var result = await bazel.EndAsync();
        await using var again = workspace.Bazel.Start("build", ["//:last", .. Shown, .. farm.BazelOptions]);
        await Eventually.IsTrueAsync(async _ => AskedAgain(await OperationsAsync(channel)).Count > 0, TestContext.Current.CancellationToken);
        var next = await workspace.EndAsync(again);

        Assert.Equal(Interrupted, result.ExitCode);
        Assert.True(next.ExitCode == 0, next.ToString());
        Assert.Equal(workspace.Expected(), await File.ReadAllTextAsync(workspace.Bazel.PathOf("last.txt"), TestContext.Current.CancellationToken));

        // Who asks again joins what runs: one result for both.
        Assert.All(AskedAgain(await OperationsAsync(channel)), static asked => Assert.Single(asked.Select(ResultOf).Distinct()));
    }

    private static async Task<IReadOnlyList<Operation>> OperationsAsync(GrpcChannel channel) =>
        [.. (await new Operations.OperationsClient(channel).ListOperationsAsync(new ListOperationsRequest { Name = "operations", PageSize = 1000 })).Operations];

    /// <summary>How it ended, as soon as it has. An operation is a job; to watch a job is not to wait for the operation.</summary>
    private static async Task<Outcome> OutcomeAsync(GrpcChannel channel, Operation operation)
    {
        using var call = new Jobs.JobsClient(channel).WatchJob(new WatchJobRequest { JobId = operation.Name["operations/".Length..] });
        var newest = new V1.Task();
        while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).WaitAsync(FarmProcess.Guard))
        {
            newest = call.ResponseStream.Current.Task ?? newest;
        }

        return newest.Outcome;
    }

    private static IReadOnlyList<IGrouping<Digest, Operation>> AskedAgain(IEnumerable<Operation> operations) =>
        [.. operations.GroupBy(ActionOf).Where(static asked => asked.Count() > 1)];

    private static Digest ActionOf(Operation operation) => operation.Metadata.Unpack<ExecuteOperationMetadata>().ActionDigest;

    private static ActionResult ResultOf(Operation operation) => operation.Response.Unpack<ExecuteResponse>().Result;
}
