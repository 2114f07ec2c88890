using BuildFarm.Hosting;
using BuildFarm.V1;
using BuildFarm.Worker.Link;
using BuildFarm.Worker.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>The worker's side of the link against a coordinator that a test plays.</summary>
public sealed class LinkTests : IAsyncLifetime
{
    private readonly FakeCoordinator coordinator = new();
    private readonly FakeExecutor executor = new();
    private readonly CancellationTokenSource stop = new();
    private readonly SteppedClock clock = new();
    private AttemptTable table = null!;
    private Task running = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        await coordinator.StartAsync();
        table = new AttemptTable(executor, clock, NullLogger.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        await coordinator.DisposeAsync();
    }

    [Fact]
    public async Task Link_OnConnecting_SendsTheOfferOnce()
    {
        Start();
        var first = await coordinator.NextAsync(static _ => true);
        Assert.Equal(("w", "i", "pool"), (first.WorkerId, first.Incarnation, first.Offer.Pool));
        Assert.Null((await coordinator.NextAsync(static _ => true)).Offer);
    }

    [Fact]
    public async Task Assignment_Wanted_RunsCompletesAndStaysUntilUnlisted()
    {
        Start();
        await coordinator.NextAsync(static _ => true);
        coordinator.Want(Assignment("a", 1));
        await coordinator.NextAsync(static state => state.Attempts is [{ Phase: AttemptPhase.Running }]);
        executor.Finish("a", 1);
        var done = await coordinator.NextAsync(static state => state.Attempts is [{ Phase: AttemptPhase.Completed }]);
        Assert.Equal(Outcome.Success, done.Attempts[0].Completion.Outcome);
        // Said again for as long as it is listed: a lost report does no harm.
        await coordinator.NextAsync(static state => state.Attempts is [{ Phase: AttemptPhase.Completed }]);
        coordinator.Want();
        await coordinator.NextAsync(static state => state.Attempts.Count == 0 && state.AppliedRevision == 2);
        Assert.Equal(["a/1"], executor.Started);
    }

    [Fact]
    public async Task Assignment_Unlisted_IsEndedAndForgotten()
    {
        Start();
        await coordinator.NextAsync(static _ => true);
        coordinator.Want(Assignment("a", 1), Assignment("b", 1));
        await coordinator.NextAsync(static state => state.Attempts.Count(static a => a.Phase == AttemptPhase.Running) == 2);
        coordinator.Want(Assignment("b", 1));
        await coordinator.NextAsync(static state => state.Attempts is [{ Lease.ExecutionId: "b" }]);
        Assert.Equal(["a/1"], executor.Stopped);
    }

    [Fact]
    public async Task Assignment_WithANewEpoch_ReplacesTheOld()
    {
        Start();
        await coordinator.NextAsync(static _ => true);
        coordinator.Want(Assignment("a", 1));
        await coordinator.NextAsync(static state => state.Attempts is [{ Phase: AttemptPhase.Running }]);
        coordinator.Want(Assignment("a", 2));
        await coordinator.NextAsync(static state => state.Attempts is [{ Lease.Epoch: 2, Phase: AttemptPhase.Running }]);
        Assert.Equal(["a/1"], executor.Stopped);
    }

    [Fact]
    public async Task Link_Broken_ComesBackWithTheOfferAndKeepsItsAttempts()
    {
        Start();
        await coordinator.NextAsync(static _ => true);
        coordinator.Want(Assignment("a", 1));
        await coordinator.NextAsync(static state => state.Attempts is [{ Phase: AttemptPhase.Running }]);
        coordinator.BreakLink();
        var back = await coordinator.NextAsync(static state => state.Offer is not null);
        Assert.Equal("a", Assert.Single(back.Attempts).Lease.ExecutionId);
        // A revision is one of this stream, and none has been heard on it.
        Assert.Equal(0, back.AppliedRevision);
        Assert.Equal(["a/1"], executor.Started);
        Assert.Empty(executor.Stopped);
    }

    [Fact]
    [Trait("Fault", "10")]
    public async Task Lease_WithoutAnAnswer_EndsTheTasks()
    {
        Start();
        await coordinator.NextAsync(static _ => true);
        coordinator.Want(Assignment("a", 1));
        await coordinator.NextAsync(static state => state.Attempts is [{ Phase: AttemptPhase.Running }]);
        // Reports still arrive; only the answers are lost, as in a partition of one direction.
        coordinator.Answers = false;
        clock.Step(coordinator.LeaseDuration);
        await coordinator.NextAsync(static state => state.Attempts.Count == 0);
        Assert.Equal(["a/1"], executor.Stopped);
    }

    [Fact]
    public async Task Answers_ToAMessageOfLongAgo_RenewNothing()
    {
        Start();
        await coordinator.NextAsync(static _ => true);
        coordinator.Want(Assignment("a", 1));
        await coordinator.NextAsync(static state => state.Attempts is [{ Phase: AttemptPhase.Running }]);
        // Answers come all the time, each to a message that the worker sent before its lease began.
        coordinator.AnswersClock = LongAgo;
        clock.Step(coordinator.LeaseDuration);
        await coordinator.NextAsync(static state => state.Attempts.Count == 0);
        Assert.Equal(["a/1"], executor.Stopped);
    }

    [Fact]
    public async Task Assignment_InAnAnswerToAMessageOfLongAgo_IsNotStarted()
    {
        coordinator.Answers = false;
        coordinator.AnswersClock = LongAgo;
        Start();
        await coordinator.NextAsync(static _ => true);
        coordinator.Want(Assignment("others have it", 1));
        coordinator.AnswersClock = static clock => clock;
        coordinator.Want(Assignment("a", 1));
        await coordinator.NextAsync(static state => state.Attempts is [{ Lease.ExecutionId: "a", Phase: AttemptPhase.Running }]);
        Assert.Equal(["a/1"], executor.Started);
    }

    [Fact]
    public async Task Coordinator_ThatDoesNotTellWhatItAnswers_IsHeardWhenItsAnswerComes()
    {
        coordinator.AnswersClock = static _ => 0;
        Start();
        await coordinator.NextAsync(static _ => true);
        coordinator.Want(Assignment("a", 1));
        await coordinator.NextAsync(static state => state.Attempts is [{ Phase: AttemptPhase.Running }]);
    }

    [Fact]
    public async Task Phases_OfAShortTask_TravelWithItsCompletion()
    {
        // Neither a heartbeat nor the patience of a phase comes between, however long it takes.
        coordinator.HeartbeatInterval = TimeSpan.FromHours(1);
        using var patience = clock.Hold(WorkerLink.ProgressPatience);
        Start();
        await coordinator.NextAsync(static _ => true);
        for (var i = 0; i < 20; i++)
        {
            var name = $"short{i}";
            executor.Finish(name, 1);
            coordinator.Want(Assignment(name, 1));
            await coordinator.NextAsync(state => state.Attempts is [{ Phase: AttemptPhase.Completed } attempt] && attempt.Lease.ExecutionId == name);
        }

        // What was said of these tasks beside their completions: that the list was heard. The first answer of all gets a report too.
        Assert.InRange(coordinator.Passed, 0, 22);
    }

    [Fact]
    public async Task Draining_TakesNothingNewAndFinishesWhatRuns()
    {
        Start();
        await coordinator.NextAsync(static _ => true);
        coordinator.Want(Assignment("a", 1));
        await coordinator.NextAsync(static state => state.Attempts is [{ Phase: AttemptPhase.Running }]);
        table.Drain();
        coordinator.Want(Assignment("a", 1), Assignment("b", 1));
        var state = await coordinator.NextAsync(static s => s.AppliedRevision == 2);
        Assert.True(state.Draining);
        Assert.Equal("a", Assert.Single(state.Attempts).Lease.ExecutionId);
        executor.Finish("a", 1);
        await coordinator.NextAsync(static s => s.Attempts is [{ Phase: AttemptPhase.Completed }]);
    }

    [Fact]
    public async Task Link_WithNothingToSay_SendsHeartbeatsAlone()
    {
        const int Heartbeats = 6;
        var began = TimeProvider.System.GetTimestamp();
        Start();
        // The offer and what the first answer gets come at once.
        for (var i = 0; i < 2 + Heartbeats; i++)
            await coordinator.NextAsync(static _ => true);
        // On any machine they take this long at least; answers to answers would be there within milliseconds.
        Assert.True(TimeProvider.System.GetElapsedTime(began) > coordinator.HeartbeatInterval * (Heartbeats - 1));
    }

    private static long LongAgo(long clock) => clock - TimeSpan.TicksPerHour;

    private static Assignment Assignment(string id, long epoch) =>
        new() { Lease = new Lease { ExecutionId = id, Epoch = epoch }, DisplayName = id };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Link_Lost_IsAWarningUnlessThisProcessStops(bool stops)
    {
        using var logs = new TestKit.Logging.TestLogs();
        using var stopping = new CancellationTokenSource();
        Start(logs.CreateLogger("link"), stopping: stopping.Token);
        await coordinator.NextAsync(static _ => true);
        if (stops)
            await stopping.CancelAsync();
        coordinator.BreakLink();
        await coordinator.NextAsync(static state => state.Offer is not null);
        Assert.Equal(stops ? 0 : 1, logs.Entries.Count(static entry => entry.Level >= Microsoft.Extensions.Logging.LogLevel.Warning));
    }

    [Fact]
    public async Task Coordinator_TooOld_IsLeftAndTriedAgain()
    {
        using var logs = new TestKit.Logging.TestLogs();
        Start(logs.CreateLogger("link"), protocol: new WorkerProtocol(Oldest: 2, Current: 3));
        await coordinator.NextAsync(static state => state.Offer is not null);
        // The second stream begins after the first answer was refused.
        await coordinator.NextAsync(static state => state.Offer is not null);
        var warning = Assert.Single(logs.Entries, static entry => entry.Level >= Microsoft.Extensions.Logging.LogLevel.Warning);
        Assert.Contains("speaks version 1 of the worker protocol, and this worker needs 2 or newer", warning.Message, StringComparison.Ordinal);
        Assert.Empty(executor.Started);
    }

    private void Start(Microsoft.Extensions.Logging.ILogger? logger = null, WorkerProtocol? protocol = null, CancellationToken stopping = default)
    {
        var link = new WorkerLink(
            new WorkerConnection(coordinator.Invoker), new WorkerIdentity("w", "i"), new WorkerOffer { Pool = "pool" }, table, protocol ?? WorkerProtocol.OfThisRelease, clock, logger ?? NullLogger.Instance, stopping);
        running = link.RunAsync(stop.Token);
    }
}
