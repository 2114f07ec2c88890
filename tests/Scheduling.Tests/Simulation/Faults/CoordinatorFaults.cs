using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Events;
using Xunit;
using static BuildFarm.Scheduling.Tests.Simulation.Faults.FaultScenario;

namespace BuildFarm.Scheduling.Tests.Simulation.Faults;

/// <summary>Faults 5 to 7, 9, 24, 25 and 30: clients, and a coordinator that dies, stands still or has a wrong clock.</summary>
public sealed class CoordinatorFaults
{
    [Fact]
    [Trait("Fault", "5")]
    public void Fault05_SubmitRepeatedWithOneKey_SameJob()
    {
        var farm = new FaultScenario();
        var spec = new JobSpec("job", [Farm.Task("t")]);
        var job = farm.Submit(spec);
        farm.UntilRunning(job);

        // While it runs, after a crash, and after its end; each time under another name, as a client that knows only its key.
        farm.Coordinator.Post(new SubmitJob(new JobId("again1"), job.Value, spec));
        farm.Coordinator.Kill();
        farm.Coordinator.Post(new SubmitJob(new JobId("again2"), job.Value, spec));
        farm.UntilEnded(job);
        farm.Coordinator.Kill();
        farm.Coordinator.Post(new SubmitJob(new JobId("again3"), job.Value, spec));
        farm.EndWell();

        Assert.Equal([false, true, true, true], farm.Client.Answers.Select(static a => a.Joined));
        Assert.All(farm.Client.Answers, answer => Assert.Equal(job, answer.Job));
        Assert.Equal((1, 1), (farm.Count<JobBegan>(), farm.Count<AttemptStarted>()));
    }

    [Fact]
    [Trait("Fault", "6")]
    public void Fault06_CoordinatorKilledInABuild_LeasesAreAdoptedAndNothingRunsTwice()
    {
        var farm = new FaultScenario();
        var job = farm.Submit(new JobSpec("job", [Farm.Task("a"), Farm.Task("b"), Farm.Task("c", 0, 1), Farm.Task("d", 2)]));
        farm.UntilRunning(job);
        farm.UntilRunning(job, task: 1);

        for (var i = 0; i < 3; i++)
        {
            farm.Coordinator.Kill();
            farm.For(Seconds(7));
        }

        var end = farm.UntilEnded(job);
        farm.EndWell();
        Assert.Equal((4, 4), (end.Counts.Succeeded, end.Counts.Attempts));
        Assert.Empty(farm.Requeues());
        Assert.Equal(4, farm.Count<ExecutionFinished>());
        Assert.Equal(3, farm.Coordinator.Restarts);
    }

    [Fact]
    [Trait("Fault", "7")]
    public void Fault07_CoordinatorKilledAtEveryJournalWrite_InvariantsHold()
    {
        var whole = RunWithCrash(static _ => static (_, _, _) => null);
        var flushes = whole.Coordinator.Journal.Flushes;
        Assert.InRange(flushes, 15, 300);

        var crashes = 0;
        for (var at = 1; at <= flushes; at++)
        {
            // With each part of it written, and with all of it written and half of it told.
            for (int kept = 0, last = 0; kept <= last + 1; kept++)
            {
                var (flush, keep) = (at, kept);
                RunWithCrash(_ => (number, events, effects) =>
                {
                    if (number != flush)
                    {
                        return null;
                    }

                    last = events;
                    crashes++;
                    return new Crash(Math.Min(keep, events), keep > events ? effects / 2 : 0);
                });
            }
        }

        Assert.True(crashes > 2 * flushes, $"{crashes} crashes in {flushes} flushes");
    }

    [Fact]
    [Trait("Fault", "7")]
    public void Fault07_CoordinatorKilledAfterEveryFlushInTurn_InvariantsHold()
    {
        // Each life may do one flush more than the one before, so that it dies at every one and yet gets on.
        var (life, since, allowed) = (0, 0, 1);
        var farm = RunWithCrash(farm => (_, events, _) =>
        {
            if (farm.Coordinator.Restarts != life)
            {
                (life, since, allowed) = (farm.Coordinator.Restarts, 0, allowed + 1);
            }

            return ++since > allowed && allowed < 40 ? new Crash(events, 0) : null;
        });

        Assert.True(farm.Coordinator.Restarts > 5, $"{farm.Coordinator.Restarts} restarts");
    }

    [Fact]
    [Trait("Fault", "9")]
    public void Fault09_CoordinatorPausedForAMinute_NoMassEvictionOnResume()
    {
        var farm = new FaultScenario(workers: 4);
        for (var i = 0; i < 4; i++)
        {
            farm.Runs("job", new SimulatedRun(100), task: i);
        }

        var job = farm.Submit("job", tasks: 4);
        farm.UntilRunning(job, task: 3);
        farm.Coordinator.Pause(Seconds(60));

        var end = farm.UntilEnded(job);
        farm.EndWell();
        Assert.Equal(4, end.Counts.Succeeded);
        Assert.Equal(0, farm.State.Counters.WorkersLost);
        Assert.Equal(0, farm.Count<WorkerEvicted>());
    }

    [Theory]
    [Trait("Fault", "24")]
    [InlineData(1)]
    [InlineData(-1)]
    public void Fault24_ClockStepsByAnHour_LeasesAndDeadlinesUnaffected(int hours)
    {
        var farm = new FaultScenario(scheduler: new SchedulerOptions { ProgressTimeout = TimeSpan.FromMinutes(1), KillGrace = TimeSpan.FromSeconds(10) });
        farm.Runs("job", new SimulatedRun(60));
        var job = farm.Submit(new JobSpec("job", [Farm.Task("t") with { Deadline = TimeSpan.FromMinutes(5) }]));
        farm.UntilRunning(job);
        farm.World.StepClock(TimeSpan.FromHours(hours));

        var end = farm.UntilEnded(job);
        farm.EndWell();
        Assert.Equal((1, 1), (end.Counts.Succeeded, end.Counts.Attempts));
        Assert.Equal(0, farm.State.Counters.WorkersLost);
        Assert.Equal(0, farm.Count<WorkerEvicted>());
    }

    [Fact]
    [Trait("Fault", "25")]
    public void Fault25_QueueFull_RefusedForNowAndAcceptedWhenThereIsRoom()
    {
        var farm = new FaultScenario(scheduler: new SchedulerOptions { MaxUnfinishedTasks = 3 });
        var first = farm.Submit("first", tasks: 3);
        farm.UntilRunning(first);
        var second = farm.Submit("second", tasks: 2);
        farm.For(Seconds(5));
        Assert.Null(farm.State.FindJob(second));
        Assert.DoesNotContain(second, farm.Client.Acknowledged);

        farm.UntilEnded(first);
        farm.UntilEnded(second);
        farm.EndWell();
        Assert.Equal(5, farm.State.Counters.CompletionsAccepted);
    }

    [Fact]
    [Trait("Fault", "30")]
    public void Fault30_ClientGone_NothingIsCancelledAndItFindsItsJob()
    {
        var farm = new FaultScenario();
        farm.Runs("job", new SimulatedRun(60));
        var spec = new JobSpec("job", [Farm.Task("t")]);
        var job = farm.Submit(spec);
        farm.UntilRunning(job);

        // Nobody asks for half a minute; then the client is back with its key.
        farm.For(Seconds(30));
        Assert.Equal(TaskPhase.Running, farm.Task(job).Phase);
        farm.Coordinator.Post(new SubmitJob(new JobId("again"), job.Value, spec));
        Assert.Equal((job, true), (farm.Client.Answers[^1].Job, farm.Client.Answers[^1].Joined));

        var end = farm.UntilEnded(job);
        farm.EndWell();
        Assert.Equal((1, 1, 0), (end.Counts.Succeeded, end.Counts.Attempts, end.Counts.Cancelled));
    }

    private static FaultScenario RunWithCrash(Func<FaultScenario, CrashPlan> plan)
    {
        var farm = new FaultScenario();
        farm.Coordinator.CrashPlan = plan(farm);
        farm.Runs("job", new SimulatedRun(3, Outcome.Failure), worker: "w1");
        farm.Submit(new JobSpec("job", [Farm.Task("a") with { Retries = 1 }, Farm.Task("b"), Farm.Task("c", 1)]));
        farm.Submit(new JobSpec("other", [Farm.Task("a") with { Deadline = TimeSpan.FromMinutes(2) }]));
        farm.Runs("doomed", new SimulatedRun(120));
        farm.Submit(new JobSpec("doomed", [Farm.Task("a")]));
        farm.For(Seconds(45));
        farm.Coordinator.Post(new CancelJob(new JobId("doomed"), "nobody wants it"));
        farm.Worker("w2").Drain();
        farm.EndWell();
        return farm;
    }
}
