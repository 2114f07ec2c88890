using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Events;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests.Quarantine;

/// <summary>A task that kills every worker it meets, and the tasks that are beside it.</summary>
public sealed class TaskQuarantineTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(11);

    [Fact]
    public void Killer_AmongInnocents_IsTheOnlyOneThatEnds()
    {
        var farm = new Farm();
        farm.SubmitQueued("j", Task("a"), Task("killer"), Task("b"), Task("c"));
        for (var i = 1; farm.State.FindTask(Id("j", 1)) is { Phase: not TaskPhase.Finished }; i++)
        {
            Assert.True(i <= 9, "the fleet dies");
            farm.Link($"w{i}", cpus: 4);
            while (!farm.Assigned($"w{i}").Contains(Id("j", 1)))
            {
                // The innocent end when they are let.
                farm.Complete(farm.Assigned($"w{i}")[0]);
            }

            Lose(farm, $"w{i}");
        }

        Assert.Equal(Outcome.Infrastructure, farm.Finished(Id("j", 1)).Outcome);
        Assert.Equal("in quarantine: 3 workers were lost while they ran it, on the last of them alone: w1, w2, w3", farm.Finished(Id("j", 1)).Message);
        farm.Link("w9", cpus: 4);
        foreach (var innocent in new[] { 0, 2, 3 })
        {
            if (farm.State.FindTask(Id("j", innocent)) is { Phase: TaskPhase.Running })
            {
                farm.Complete(Id("j", innocent));
            }

            Assert.Equal(Outcome.Success, farm.Finished(Id("j", innocent)).Outcome);
        }
    }

    [Fact]
    public void Suspect_ThatOneMoreLossWouldEnd_RunsAloneAndKeepsOthersOut()
    {
        var farm = new Farm();
        farm.SubmitQueued("j", Task("a"), Task("b"));
        farm.Link("w1", cpus: 2);
        Lose(farm, "w1");
        farm.Link("w2", cpus: 2);
        Assert.Equal(2, farm.Assigned("w2").Length);
        Lose(farm, "w2");
        farm.Link("w3", cpus: 4);
        farm.SubmitQueued("k", Task("c"));

        var only = Assert.Single(farm.Assigned("w3"));
        Assert.Equal("j", only.Job.Value);
        Assert.Equal(
            $"attempt 3, because worker w2 was lost: waits for a worker of its own in pool default, because w1 and w2 were lost while they ran it; "
            + $"w3 still runs {farm.State.FindTask(only)!.Name}; 1 of other kinds goes first: 1 by fair share",
            farm.State.Explain(Id("j", 1 - only.Index))!);
        farm.Complete(only);
        farm.ReportAt("w3", farm.Desired("w3").Revision, [.. farm.Desired("w3").Assignments.Select(a => Running(a.Lease))]);
        Assert.Single(farm.Assigned("w3"));
    }

    [Fact]
    public void Suspect_OnAFarmThatIsNeverEmpty_GetsAWorkerKeptFree()
    {
        var farm = new Farm(new SchedulerOptions { OvertakenLimit = 3, TaskQuarantineWorkers = 2 });
        farm.SubmitQueued("j", Task("suspect"));
        farm.Link("w1");
        Lose(farm, "w1");
        farm.SubmitQueued("stream", [.. Enumerable.Range(0, 30).Select(i => Task($"s{i}"))]);
        farm.Link("w2", cpus: 2);
        var ended = 0;
        while (farm.State.FindTask(Id("j"))!.Phase == TaskPhase.Queued)
        {
            farm.Complete(farm.Assigned("w2")[0]);
            Assert.True(++ended < 12, "the suspect starves");
        }

        Assert.Equal([Id("j")], farm.Assigned("w2"));
    }

    [Fact]
    public void Loss_OfADrainingWorker_IsNeitherChargedNorSuspected()
    {
        var farm = new Farm();
        farm.SubmitQueued("j", Task("a"));
        for (var i = 0; i < 5; i++)
        {
            farm.Link($"w{i}");
            farm.Drain($"w{i}", Running(farm.LeaseOf(Id("j"))));
            Lose(farm, $"w{i}");
        }

        Assert.Equal(TaskPhase.Queued, farm.State.FindTask(Id("j"))!.Phase);
        Assert.All(farm.Events.OfType<AttemptRequeued>(), e => Assert.Equal((RequeueCause.Evicted, false), (e.Cause, e.Alone)));
    }

    [Fact]
    public void Loss_WhileNoCoordinatorWasThere_IsChargedAndNotSuspected()
    {
        var farm = new Farm(new SchedulerOptions { InfrastructureBudget = 5 });
        farm.SubmitQueued("j", Task("a"));
        for (var i = 0; i < 4; i++)
        {
            farm.Link($"w{i}");
            farm.Restart();
            farm.Pass(TimeSpan.FromSeconds(31));
        }

        Assert.Equal(TaskPhase.Queued, farm.State.FindTask(Id("j"))!.Phase);
        Assert.All(farm.Events.OfType<AttemptRequeued>(), e => Assert.Equal((RequeueCause.WorkerAway, false), (e.Cause, e.Alone)));
    }

    [Fact]
    public void Losses_OfOneWorkerThatComesBack_CountAsOneWorker()
    {
        var farm = new Farm(new SchedulerOptions { InfrastructureBudget = 9, TaskQuarantineWorkers = 3 });
        farm.SubmitQueued("j", Task("a"));
        for (var i = 1; i <= 6; i++)
        {
            farm.Link("w", incarnation: $"{i}");
        }

        Assert.Equal(TaskPhase.Running, farm.State.FindTask(Id("j"))!.Phase);
    }

    [Fact]
    public void Suspicion_OverARestartAndASnapshot_IsKept()
    {
        var farm = new Farm();
        farm.SubmitQueued("j", Task("a"));
        farm.Link("w1");
        Lose(farm, "w1");
        farm.Link("w2");
        Lose(farm, "w2");
        farm.Restart();
        farm.Link("w3", cpus: 4);
        farm.SubmitQueued("k", Task("b"));
        Assert.Equal([Id("j")], farm.Assigned("w3"));

        var restored = new SchedulerState();
        foreach (var change in farm.State.Snapshot())
        {
            restored.Apply(change);
        }

        Assert.Equal(StateFingerprint.Describe(farm.State), StateFingerprint.Describe(restored));
        Lose(farm, "w3");
        Assert.Equal(Outcome.Infrastructure, farm.Finished(Id("j")).Outcome);
    }

    private static void Lose(Farm farm, string worker)
    {
        farm.Run(new WorkerUnlinked(new WorkerId(worker), "1"));
        farm.Pass(Grace);
    }
}
