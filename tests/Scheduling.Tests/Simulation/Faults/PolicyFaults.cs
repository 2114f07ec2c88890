using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Events;
using Xunit;
using static BuildFarm.Scheduling.Tests.Simulation.Faults.FaultScenario;

namespace BuildFarm.Scheduling.Tests.Simulation.Faults;

/// <summary>Faults 11, 12, 17 and 26: tasks that kill, workers that fail or are slow, and clients that all come at once.</summary>
public sealed class PolicyFaults
{
    [Fact]
    [Trait("Fault", "11")]
    public void Fault11_TaskThatKillsEveryWorker_QuarantinedAndTheFleetLives()
    {
        var options = new SchedulerOptions { TaskQuarantineWorkers = 3, InfrastructureBudget = 5 };
        var farm = new FaultScenario(workers: 5, options);
        farm.Runs("killer", new SimulatedRun(5) { KillsWorker = true });
        var killer = farm.Submit("killer");
        var innocent = farm.Submit("innocent", tasks: 20);

        var end = farm.UntilEnded(killer);
        farm.UntilEnded(innocent);
        farm.EndWell();

        Assert.Equal(1, end.Counts.Infrastructure);
        Assert.StartsWith("in quarantine: 3 workers were lost while they ran it", farm.Task(killer).Message, StringComparison.Ordinal);
        Assert.Equal(3, farm.Events.OfType<AttemptStarted>().Count(e => e.Lease.Execution == farm.Task(killer).Execution));
        Assert.Equal(20, farm.Client.Ended[innocent].Counts.Succeeded);
    }

    [Fact]
    [Trait("Fault", "12")]
    public void Fault12_WorkerThatFailsEveryTask_QuarantinedAndNotTheTasks()
    {
        var farm = new FaultScenario(workers: 4, new SchedulerOptions { WorkerQuarantineFailures = 3 });
        for (var i = 0; i < 20; i++)
        {
            farm.Runs("job", new SimulatedRun(1, Outcome.Infrastructure), worker: "w1", task: i);
        }

        var job = farm.Submit("job", tasks: 20);
        farm.Until(() => farm.Count<WorkerQuarantined>() == 1, Seconds(120));
        Assert.Equal(WorkerCondition.Quarantined, farm.View("w1").Condition);

        var end = farm.UntilEnded(job);
        Assert.Equal((20, 0), (end.Counts.Succeeded, end.Counts.Infrastructure));
        Assert.Equal("w1", Assert.Single(farm.Events.OfType<WorkerQuarantined>()).Worker.Value);
        Assert.Equal(3, farm.Count<AttemptRequeued>());
        farm.EndWell();
    }

    [Fact]
    [Trait("Fault", "17")]
    public void Fault17_WorkerTenTimesSlower_ACopyWinsAndTheOtherIsCancelled()
    {
        var farm = new FaultScenario(scheduler: new SchedulerOptions { CopyFactor = 2, CopyMinimum = Seconds(5), CopyPercent = 100 });
        farm.Runs("job", new SimulatedRun(100));
        var job = farm.Submit(new JobSpec("job", [Farm.Task("t") with { ExpectedDuration = Seconds(10) }]));
        var slow = farm.UntilRunning(job);
        farm.Runs("job", new SimulatedRun(10));

        farm.Until(() => farm.Count<CopyStarted>() == 1, Seconds(40));
        var end = farm.UntilEnded(job);
        farm.Until(() => slow.IsIdle, Seconds(10));

        Assert.Equal((1, 2), (end.Counts.Succeeded, end.Counts.Attempts));
        Assert.NotEqual(slow.Id, farm.Task(job).Worker);
        Assert.Equal((1, 0L), (farm.Count<ExecutionFinished>(), farm.State.Counters.AttemptsLost));
        farm.EndWell();
    }

    [Fact]
    [Trait("Fault", "26")]
    public void Fault26_TenThousandClientsAtOnce_BoundedAndFair()
    {
        var farm = new FaultScenario(scheduler: new SchedulerOptions { MaxUnfinishedTasks = 100, MaxUnfinishedTasksPerUser = 2 });
        for (var i = 0; i < 10_000; i++)
        {
            var spec = new JobSpec($"job{i}", [Farm.Task("t")]) { Submitter = $"user{i / 200}" };
            farm.Runs(spec.Name, new SimulatedRun(1));
            farm.Coordinator.Post(new SubmitJob(new JobId(spec.Name), spec.Name, spec));
        }

        // What is refused leaves nothing behind, and whoever comes first does not fill the queue for all.
        var accepted = farm.State.Jobs();
        Assert.Equal((100, 100), (accepted.Count, farm.Client.Answers.Count));
        Assert.Equal(50, accepted.Select(static job => job.Spec.Submitter).Distinct(StringComparer.Ordinal).Count());
        Assert.All(accepted.GroupBy(static job => job.Spec.Submitter), static jobs => Assert.Equal(2, jobs.Count()));

        farm.Until(() => farm.State.Jobs().Count == 0, TimeSpan.FromMinutes(10));
        Assert.Equal(100, farm.Client.Ended.Count);
    }
}
