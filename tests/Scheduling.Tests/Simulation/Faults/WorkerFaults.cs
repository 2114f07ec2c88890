using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Events;
using Xunit;
using static BuildFarm.Scheduling.Tests.Simulation.Faults.FaultScenario;

namespace BuildFarm.Scheduling.Tests.Simulation.Faults;

/// <summary>Faults 15, 16, 22, 27 and 28: workers that do not get on, and workers that go.</summary>
public sealed class WorkerFaults
{
    private static readonly SchedulerOptions Strict = new()
    {
        ProgressTimeout = TimeSpan.FromMinutes(1),
        KillGrace = TimeSpan.FromSeconds(30),
        // Whatever is charged ends the task at once.
        InfrastructureBudget = 1,
    };

    [Fact]
    [Trait("Fault", "15")]
    public void Fault15_AliveButWedged_EvictedAndItsTasksRunElsewhere()
    {
        var farm = new FaultScenario(scheduler: Strict with { InfrastructureBudget = 2 });
        var job = farm.Submit("job");
        var worker = farm.UntilRunning(job);
        worker.Wedge();
        var wedged = farm.World.Now;

        farm.Until(() => farm.Count<WorkerEvicted>() == 1, Seconds(70));
        Assert.True(farm.World.Now - wedged > Seconds(50), $"evicted after {farm.World.Now - wedged}");
        Assert.Equal((WorkerCondition.Evicted, 0L), (farm.View(worker.Id.Value).Condition, farm.State.Counters.WorkersLost));
        Assert.Equal("e1#1 has not got on for 1 min", farm.View(worker.Id.Value).Evicted);
        // What it cannot end still counts.
        Assert.Equal(1000, farm.View(worker.Id.Value).InUse.CpuMillis);

        var end = farm.UntilEnded(job);
        Assert.Equal((1, 2), (end.Counts.Succeeded, end.Counts.Attempts));
        // Told that it is evicted and unable to end its task, its process ends; the next one takes work again.
        farm.Until(() => worker.Incarnation == 2 && farm.View(worker.Id.Value).Condition == WorkerCondition.Ready, Seconds(120));
        farm.EndWell();
    }

    [Fact]
    [Trait("Fault", "15")]
    public void Fault15_SilentTaskOnAHealthyWorker_IsLeftAlone()
    {
        var farm = new FaultScenario(scheduler: Strict);
        farm.Runs("job", new SimulatedRun(1000));
        var job = farm.Submit("job");

        var end = farm.UntilEnded(job);
        farm.EndWell();
        Assert.Equal((1, 1), (end.Counts.Succeeded, end.Counts.Attempts));
        Assert.Equal(0, farm.Count<WorkerEvicted>());
    }

    [Fact]
    [Trait("Fault", "16")]
    public void Fault16_KillNotAcknowledged_EvictedAndTheSlotFreeOnlyWhenNothingRuns()
    {
        var farm = new FaultScenario(workers: 1, scheduler: Strict);
        farm.Runs("job", new SimulatedRun(20) { Stuck = true });
        var job = farm.Submit("job");
        var worker = farm.UntilRunning(job);
        farm.Coordinator.Post(new CancelJob(job, "nobody wants it"));
        var next = farm.Submit("next");

        farm.For(Seconds(25));
        Assert.Equal((WorkerCondition.Ready, 1000L), (farm.View("w1").Condition, farm.View("w1").InUse.CpuMillis));
        farm.Until(() => farm.Count<WorkerEvicted>() == 1, Seconds(10));
        farm.For(Seconds(5));
        Assert.Equal((WorkerCondition.Evicted, 1000L), (farm.View("w1").Condition, farm.View("w1").InUse.CpuMillis));
        Assert.Equal("no worker of pool default takes work: w1 is out of service until it has ended what it ran, because e1#1 was to end and has not for 30 s", farm.State.Explain(new TaskId(next, 0)));
        Assert.Single(worker.Attempts);

        var end = farm.UntilEnded(next);
        farm.EndWell();
        Assert.Equal((1, 2), (end.Counts.Succeeded, worker.Incarnation));
    }

    [Fact]
    [Trait("Fault", "16")]
    public void Fault16_KillAcknowledgedLate_WorkerIsBackInService()
    {
        var farm = new FaultScenario(workers: 1, scheduler: Strict);
        farm.Runs("job", new SimulatedRun(20) { Stuck = true });
        var job = farm.Submit("job");
        var worker = farm.UntilRunning(job);
        farm.Coordinator.Post(new CancelJob(job, "nobody wants it"));
        farm.Until(() => farm.View("w1").Condition == WorkerCondition.Evicted, Seconds(60));
        var next = farm.Submit("next");

        Assert.Single(worker.Attempts).Stuck = false;

        farm.UntilEnded(next);
        Assert.Equal((1, 1), (worker.Incarnation, farm.Count<WorkerReadmitted>()));
        farm.EndWell();
    }

    [Theory]
    [Trait("Fault", "22")]
    [InlineData(true)]
    [InlineData(false)]
    public void Fault22_NodeEvicted_RetriedElsewhereWithoutCharge(bool hasTimeToTell)
    {
        var farm = new FaultScenario(scheduler: Strict);
        farm.Runs("job", new SimulatedRun(60));
        var job = farm.Submit("job");
        var worker = farm.UntilRunning(job);
        worker.EvictNode(graceSeconds: 5, hasTimeToTell);

        farm.UntilRunning(job, attempt: 2);
        var end = farm.UntilEnded(job);
        farm.EndWell();
        Assert.Equal((1, 2, 0), (end.Counts.Succeeded, end.Counts.Attempts, end.Counts.Infrastructure));
        Assert.All(farm.Requeues(), static cause => Assert.True(cause is RequeueCause.Released or RequeueCause.Declined or RequeueCause.Evicted, $"{cause} is charged"));
        Assert.Equal(0, farm.State.Counters.AttemptsLost);
    }

    [Fact]
    [Trait("Fault", "27")]
    public void Fault27_WorkerToldToStop_HeartbeatsGoOnAndTheTaskFinishes()
    {
        var farm = new FaultScenario(scheduler: Strict);
        farm.Runs("job", new SimulatedRun(90));
        var job = farm.Submit("job");
        var worker = farm.UntilRunning(job);
        worker.Drain();
        farm.For(Seconds(5));
        Assert.Equal(WorkerCondition.Draining, farm.View(worker.Id.Value).Condition);
        var more = farm.Submit("more", tasks: 2);

        // Longer than a lease: silence would have lost it.
        farm.For(Seconds(60));
        Assert.Equal((TaskPhase.Running, 1L), (farm.Task(job).Phase, farm.Task(job).Attempt));
        Assert.All(Enumerable.Range(0, 2), task => Assert.NotEqual(worker.Id, farm.Task(more, task).Worker));

        var end = farm.UntilEnded(job);
        farm.Until(() => worker.IsIdle, Seconds(10));
        farm.EndWell();
        Assert.Equal((1, 1, worker.Id), (end.Counts.Succeeded, end.Counts.Attempts, farm.Task(job).Worker!.Value));
        Assert.Empty(farm.Requeues());
    }

    [Fact]
    [Trait("Fault", "28")]
    public void Fault28_GraceExceeded_LeaseReleasedAndRequeuedWithoutCharge()
    {
        var farm = new FaultScenario(scheduler: Strict);
        farm.Runs("job", new SimulatedRun(60));
        var job = farm.Submit("job");
        var worker = farm.UntilRunning(job);
        worker.EvictNode(graceSeconds: 20);
        var told = farm.World.Now;

        farm.UntilRunning(job, attempt: 2);
        Assert.InRange((farm.World.Now - told).TotalSeconds, 20, 25);
        var end = farm.UntilEnded(job);
        farm.EndWell();
        Assert.Equal([RequeueCause.Declined], farm.Requeues());
        Assert.Equal((1, 2, 0L), (end.Counts.Succeeded, end.Counts.Attempts, farm.State.Counters.AttemptsLost));
    }
}
