using System.Threading.Channels;
using BuildFarm.Hosting;
using BuildFarm.TestKit;
using BuildFarm.V1;
using BuildFarm.Worker.Link;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>A worker tells that it gets on, and what it does when the coordinator has seen that it does not.</summary>
public sealed class EvictionTests : IAsyncLifetime
{
    private readonly FakeCoordinator coordinator = new();
    private readonly FakeExecutor executor = new();
    private readonly CancellationTokenSource stop = new();
    private readonly SteppedTime time = new();
    private readonly TempFolder folder = new();
    private readonly List<string> ended = [];
    private readonly Channel<string> heard = Channel.CreateUnbounded<string>();
    private AttemptTable table = null!;
    private EvictionResponse response = null!;
    private Task running = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        await coordinator.StartAsync();
        table = new AttemptTable(executor, TimeProvider.System, NullLogger.Instance);
        response = new EvictionResponse(folder.File("stacks"), ended.Add, time, NullLogger.Instance);
        table.EvictionHeard += response.Hear;
        table.EvictionHeard += reason => heard.Writer.TryWrite(reason);
        var link = new WorkerLink(
            new WorkerConnection(coordinator.Invoker), new WorkerIdentity("w", "i"), new WorkerOffer { Pool = "pool" }, table, WorkerProtocol.OfThisRelease, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        running = link.RunAsync(stop.Token);
        await coordinator.NextAsync(static _ => true);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        response.Dispose();
        await coordinator.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task SilentCommand_InItsTime_GetsOnWithEachReport()
    {
        coordinator.Want(Assignment("a"));
        var first = await coordinator.NextAsync(static state => state.Attempts is [{ Phase: AttemptPhase.Running }]);
        var told = first.Attempts[0].Progress;

        var later = await coordinator.NextAsync(state => state.Attempts is [{ } attempt] && attempt.Progress > told + 2);

        Assert.True(told > 0);
        Assert.Equal(AttemptPhase.Running, later.Attempts[0].Phase);
    }

    [Fact]
    public async Task CommandPastItsTime_StandsStill()
    {
        var late = new AttemptTable(executor, time, NullLogger.Instance);
        var runs = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        late.Progressed += () => runs.TrySetResult();
        late.Apply(new DesiredState { Revision = 1, Assignments = { Assignment("b") } });
        await runs.Task;
        Assert.Equal(ProgressOf(late) + 1, ProgressOf(late));

        time.Step(TimeSpan.FromMinutes(5) + AttemptTable.StageLimit);

        Assert.Equal(ProgressOf(late), ProgressOf(late));
    }

    [Fact]
    [Trait("Fault", "15")]
    public async Task Evicted_StillAfterAWhile_StacksAreSavedAndItEnds()
    {
        coordinator.Evicted = "a#1 was to end and has not for 2 min";
        coordinator.Want();
        await HeardAsync(coordinator.Evicted);

        var report = await File.ReadAllTextAsync(Assert.Single(Directory.EnumerateFiles(folder.File("stacks"))));
        Assert.StartsWith(coordinator.Evicted, report, StringComparison.Ordinal);
        Assert.Contains($"process {Environment.ProcessId}: ", report, StringComparison.Ordinal);
        Assert.Contains("waits in", report, StringComparison.Ordinal);
        Assert.Empty(ended);
        time.Step(EvictionResponse.Patience);
        Assert.Contains("could not end", Assert.Single(ended), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Fault", "16")]
    public async Task Evicted_AndInServiceAgain_GoesOn()
    {
        coordinator.Evicted = "a#1 was to end and has not for 2 min";
        coordinator.Want();
        await HeardAsync(coordinator.Evicted);
        coordinator.Evicted = "";
        coordinator.Want();
        await HeardAsync("");

        time.Step(EvictionResponse.Patience * 2);

        Assert.Empty(ended);
    }

    [Fact]
    public void Stacks_OfAChildThatSleeps_SayWhatItWaitsFor()
    {
        using var child = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("sleep", ["600"]))!;
        try
        {
            Assert.Contains($"process {child.Id}: ", ProcessStacks.Describe(Environment.ProcessId), StringComparison.Ordinal);
        }
        finally
        {
            child.Kill();
            child.WaitForExit();
        }
    }

    private async Task HeardAsync(string reason)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!string.Equals(await heard.Reader.ReadAsync(guard.Token), reason, StringComparison.Ordinal))
        {
            // An answer from before.
        }
    }

    private static long ProgressOf(AttemptTable table)
    {
        var state = new WorkerState();
        table.Describe(state);
        return Assert.Single(state.Attempts).Progress;
    }

    private static Assignment Assignment(string id) => new()
    {
        Lease = new Lease { ExecutionId = id, Epoch = 1 },
        DisplayName = id,
        Timeout = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromMinutes(5)),
    };

    /// <summary>A clock that a test steps; a timer that is due then fires at once.</summary>
    private sealed class SteppedTime : TimeProvider
    {
        private readonly List<(long Due, TimerCallback Callback, Timer Timer)> timers = [];
        private long now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Timer();
            timers.Add((now + dueTime.Ticks, callback, timer));
            return timer;
        }

        public void Step(TimeSpan by)
        {
            now += by.Ticks;
            foreach (var (_, callback, _) in timers.Where(timer => timer.Due <= now && !timer.Timer.Disposed).ToList())
                callback(null);
        }

        private sealed class Timer : ITimer
        {
            public bool Disposed { get; private set; }

            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() => Disposed = true;

            public ValueTask DisposeAsync()
            {
                Disposed = true;
                return ValueTask.CompletedTask;
            }
        }
    }
}
