using BuildFarm.Scheduling.Events;
using Xunit;
using static BuildFarm.Scheduling.Tests.Simulation.Faults.FaultScenario;

namespace BuildFarm.Scheduling.Tests.Simulation.Faults;

/// <summary>Faults 1 to 4, 13 and 21: what becomes of an attempt and of its completion.</summary>
public sealed class AttemptFaults
{
    [Fact]
    [Trait("Fault", "1")]
    public void Fault01_WorkerKilledInATask_RequeuedInTimeWithOneResult()
    {
        var farm = new FaultScenario();
        var job = farm.Submit("job");
        var worker = farm.UntilRunning(job);
        worker.Kill();
        var killed = farm.World.Now;

        farm.Until(() => farm.Count<AttemptRequeued>() == 1, Seconds(60));
        var options = farm.World.Options.Scheduler;
        Assert.True(farm.World.Now - killed <= options.LeaseDuration + options.UnlinkGrace, $"requeued after {farm.World.Now - killed}");

        var end = farm.UntilEnded(job);
        farm.EndWell();
        Assert.Equal((1, 2), (end.Counts.Succeeded, end.Counts.Attempts));
        Assert.NotEqual(worker.Id, farm.Task(job).Worker);
        Assert.Equal([RequeueCause.WorkerLost], farm.Requeues());
        Assert.Equal(1, farm.Count<ExecutionFinished>());
    }

    [Fact]
    [Trait("Fault", "2")]
    public void Fault02_PartitionThenLateResult_StaleEpochRefused()
    {
        var farm = new FaultScenario();
        var job = farm.Submit("job");
        var first = farm.UntilRunning(job);
        farm.Runs("job", new SimulatedRun(200));
        first.Cut(outgoing: true, incoming: true);

        var second = farm.UntilRunning(job, attempt: 2);
        Assert.NotEqual(first.Id, second.Id);
        Assert.Contains(first.Attempts, static a => a.Completion is { Outcome: Outcome.Success });
        Assert.Equal(0, farm.State.Counters.CompletionsRefused);

        first.Cut(outgoing: false, incoming: false);
        farm.Until(() => farm.State.Counters.CompletionsRefused == 1, Seconds(60));
        Assert.Empty(farm.Coordinator.Cache);
        Assert.Equal((TaskPhase.Running, 2L), (farm.Task(job).Phase, farm.Task(job).Attempt));

        var end = farm.UntilEnded(job);
        farm.EndWell();
        Assert.Equal(second.Id, farm.Task(job).Worker);
        Assert.Equal($"e1#2 by {second.Id}", Assert.Single(farm.Coordinator.Cache).Value.Key);
        Assert.Equal(1, farm.State.Counters.CompletionsAccepted);
    }

    [Fact]
    [Trait("Fault", "3")]
    public void Fault03_CompletionDeliveredTwice_SameReplyAndOneEffect()
    {
        var farm = new FaultScenario(change: static options => options with { Repetition = 1, MaxDelaySeconds = 1 });
        var jobs = new[] { farm.Submit("a", tasks: 3), farm.Submit("b", tasks: 3) };

        var ends = jobs.Select(farm.UntilEnded).ToList();
        farm.For(Seconds(20));

        // Each message came twice; what is counted and kept, once. The same reply: nothing is to be done any more.
        Assert.All(ends, static end => Assert.Equal((3, 3), (end.Counts.Succeeded, end.Counts.Attempts)));
        Assert.Equal(6, farm.Count<ExecutionFinished>());
        Assert.Equal(6, farm.State.Counters.CompletionsAccepted);
        Assert.Equal(6, farm.Coordinator.Cache.Count);
        Assert.All(farm.Coordinator.Workers.Keys, worker => Assert.Empty(farm.State.DesiredStateFor(worker)!.Assignments));
        farm.EndWell();
    }

    [Fact]
    [Trait("Fault", "4")]
    public void Fault04_ReplyToACompletionLost_RetryAcceptedOnce()
    {
        var farm = new FaultScenario();
        var job = farm.Submit("job");
        var worker = farm.UntilRunning(job);
        worker.Cut(outgoing: false, incoming: true);

        farm.UntilEnded(job);
        farm.For(Seconds(10));
        Assert.Contains(worker.Attempts, static a => a.Completion is not null);

        worker.Cut(outgoing: false, incoming: false);
        farm.Until(() => worker.IsIdle, Seconds(10));
        farm.EndWell();
        Assert.Equal((1L, 0L), (farm.State.Counters.CompletionsAccepted, farm.State.Counters.CompletionsRefused));
        Assert.Equal((1, 1), (farm.Count<ExecutionFinished>(), farm.Count<AttemptStarted>()));
    }

    [Fact]
    [Trait("Fault", "13")]
    public void Fault13_AssignedToAWorkerThatJustVanished_RequeuedAndNotRunningForEver()
    {
        var farm = new FaultScenario();
        var vanished = farm.Worker("w1");
        vanished.Kill();
        var job = farm.Submit("job", tasks: 2);

        // The coordinator has not noticed and gives it a task that nobody will ever start.
        var task = 0;
        farm.Until(() => (task = Enumerable.Range(0, 2).ToList().FindIndex(i => farm.Task(job, i).Worker == vanished.Id)) >= 0, Seconds(5));
        Assert.Contains("runs on w1", farm.State.Explain(new TaskId(job, task)), StringComparison.Ordinal);
        farm.Until(() => farm.Count<AttemptRequeued>() == 1, farm.World.Options.Scheduler.LeaseDuration + farm.World.Options.Scheduler.UnlinkGrace);

        var end = farm.UntilEnded(job);
        farm.EndWell();
        Assert.Equal((2, 3), (end.Counts.Succeeded, end.Counts.Attempts));
    }

    [Fact]
    [Trait("Fault", "21")]
    public void Fault21_Exit137WithoutOutOfMemory_TheTasksOwnFailure()
    {
        var farm = new FaultScenario();
        farm.Runs("job", new SimulatedRun(5, Outcome.Failure) { ExitCode = 137 });
        var job = farm.Submit("job", retries: 1);

        var end = farm.UntilEnded(job);
        farm.EndWell();

        // Its own budget was used, and nothing of the farm's.
        Assert.Equal([RequeueCause.TaskRetry], farm.Requeues());
        Assert.Equal((Outcome.Failure, 137), (farm.Task(job).Outcome, farm.Task(job).ExitCode));
        Assert.Equal((1, 0, 0), (end.Counts.Failed, end.Counts.OutOfMemory, end.Counts.Infrastructure));
        Assert.Empty(farm.Coordinator.Cache);
        Assert.All(farm.Coordinator.Workers.Keys, worker => Assert.Equal(WorkerCondition.Ready, farm.View(worker.Value).Condition));
    }
}
