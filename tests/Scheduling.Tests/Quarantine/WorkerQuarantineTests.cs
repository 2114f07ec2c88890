using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests.Quarantine;

/// <summary>A worker that fails what it is given.</summary>
public sealed class WorkerQuarantineTests
{
    private static readonly SchedulerOptions Options = new() { WorkerQuarantineFailures = 3, WorkerQuarantineTerm = TimeSpan.FromMinutes(10) };

    [Fact]
    public void Worker_ThatFailsThreeTasksInARow_GetsNothingNewAndTheTasksEndElsewhere()
    {
        var farm = BadAndGood(tasks: 6);
        FailAllOn(farm, "bad");

        Assert.Empty(farm.Assigned("bad"));
        var view = View(farm, "bad");
        Assert.Equal(WorkerCondition.Quarantined, view.Condition);
        Assert.Equal("in quarantine for 10 min since 01:00 UTC: it failed 3 tasks in a row; the last: no runtime", view.Reason);
        while (farm.Assigned("good") is [var next, ..])
        {
            farm.Complete(next);
        }

        Assert.Equal(6, farm.FinishedJob("j").Counts.Succeeded);
        Assert.Empty(farm.Assigned("bad"));
    }

    [Fact]
    public void Worker_ThatFailsOneTaskAgainAndAgain_IsNotBlamedForIt()
    {
        var farm = new Farm(Options with { InfrastructureBudget = 9 });
        farm.Link("w1");
        farm.Link("w2");
        farm.SubmitQueued("j", Task("a"));
        for (var i = 0; i < 8; i++)
        {
            farm.Complete(Id("j"), Outcome.Infrastructure, message: "no runtime");
        }

        Assert.All(farm.State.Workers(), w => Assert.Equal(WorkerCondition.Ready, w.Condition));
    }

    [Fact]
    public void Worker_WithASuccessBetween_BeginsAnew()
    {
        var farm = new Farm(Options);
        farm.Link("w1");
        farm.Link("w2");
        farm.Drain("w2");
        farm.SubmitQueued("j", [.. Enumerable.Range(0, 8).Select(i => Task($"t{i}") with { ExpectedDuration = TimeSpan.FromSeconds(100 - i) })]);
        for (var i = 0; i < 8; i++)
        {
            farm.Complete(farm.Assigned("w1")[0], i % 3 == 2 ? Outcome.Success : Outcome.Infrastructure);
            Assert.Equal(WorkerCondition.Ready, View(farm, "w1").Condition);
        }
    }

    [Fact]
    public void Worker_TheOnlyOneOrMostOfItsPool_IsKept()
    {
        var farm = new Farm(Options);
        farm.Link("only");
        farm.SubmitQueued("j", [.. Enumerable.Range(0, 9).Select(i => Task($"t{i}"))]);
        while (farm.Assigned("only") is [var next, ..])
        {
            farm.Complete(next, Outcome.Infrastructure, message: "the cache is away");
        }

        Assert.Equal(WorkerCondition.Ready, View(farm, "only").Condition);
        Assert.Equal(9, farm.FinishedJob("j").Counts.Infrastructure);
    }

    [Fact]
    public void Worker_WithoutBlobsInTheCas_IsNotBlamed()
    {
        var farm = new Farm(Options with { InfrastructureBudget = 1 });
        farm.Link("bad");
        farm.Link("other");
        farm.Drain("other");
        farm.SubmitQueued("j", [.. Enumerable.Range(0, 4).Select(i => Task($"t{i}"))]);
        for (var i = 0; i < 4; i++)
        {
            var lease = farm.Desired("bad").Assignments[0].Lease;
            farm.Report("bad", new AttemptReport(lease, AttemptPhase.Completed, new CompletionReport(Outcome.Infrastructure) { InputsMissing = true }));
        }

        Assert.Equal(WorkerCondition.Ready, View(farm, "bad").Condition);
    }

    [Fact]
    public void Worker_WhoseFailuresSucceedElsewhere_IsBlamedForThem()
    {
        var farm = new Farm(Options);
        farm.Link("bad");
        farm.SubmitQueued("j", [.. Enumerable.Range(0, 3).Select(i => Task($"t{i}") with { Retries = 2 })]);
        farm.Link("good", cpus: 4);
        for (var i = 0; i < 3; i++)
        {
            var failing = Assert.Single(farm.Assigned("bad"));
            farm.Complete(failing, Outcome.Failure, 1);
            Assert.Contains(failing, farm.Assigned("good"));
            farm.Complete(failing);
            farm.SubmitQueued($"next{i}", Task("t") with { Retries = 1 });
        }

        Assert.Equal(WorkerCondition.Quarantined, View(farm, "bad").Condition);
        Assert.Contains("failed what then succeeded on worker good", View(farm, "bad").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Worker_ThatSucceededSinceTheFailure_IsNotBlamedForAFlakyTask()
    {
        var farm = new Farm(Options with { WorkerQuarantineFailures = 1 });
        farm.Link("w1");
        farm.SubmitQueued("j", Task("flaky") with { Retries = 2 });
        farm.Link("w2");
        farm.Complete(Id("j"), Outcome.Failure, 1);
        farm.SubmitQueued("k", Task("fine"));
        farm.Complete(Id("k"));
        farm.Complete(Id("j"));

        Assert.All(farm.State.Workers(), w => Assert.Equal(WorkerCondition.Ready, w.Condition));
    }

    [Fact]
    public void Term_WhenItIsOver_IsFollowedByProbationAndADoubledTerm()
    {
        var farm = BadAndGood(tasks: 3);
        FailAllOn(farm, "bad");
        Wait(farm, TimeSpan.FromMinutes(9));
        Assert.Equal(WorkerCondition.Quarantined, View(farm, "bad").Condition);
        Wait(farm, TimeSpan.FromMinutes(2));
        Assert.Equal((WorkerCondition.Ready, "on probation after a quarantine"), (View(farm, "bad").Condition, View(farm, "bad").Reason));

        farm.SubmitQueued("again", Task("a"));
        farm.Complete(Id("again"), Outcome.Infrastructure, message: "no runtime");
        Assert.Equal(WorkerCondition.Quarantined, View(farm, "bad").Condition);
        Wait(farm, TimeSpan.FromMinutes(19));
        Assert.Equal(WorkerCondition.Quarantined, View(farm, "bad").Condition);
        Wait(farm, TimeSpan.FromMinutes(2));
        Assert.Equal(WorkerCondition.Ready, View(farm, "bad").Condition);
    }

    [Fact]
    public void Term_OverANewProcessAndARestart_IsServed()
    {
        var farm = BadAndGood(tasks: 3);
        FailAllOn(farm, "bad");
        farm.Link("bad", incarnation: "2");
        farm.Restart();
        farm.Link("bad", incarnation: "2");
        farm.Link("good", cpus: 4);
        Assert.Equal(WorkerCondition.Quarantined, View(farm, "bad").Condition);
        Wait(farm, TimeSpan.FromMinutes(11));
        Assert.Equal(WorkerCondition.Ready, View(farm, "bad").Condition);
    }

    [Fact]
    public void Release_ByAnOperator_EndsItAtOnceWithoutProbation()
    {
        var farm = BadAndGood(tasks: 3);
        FailAllOn(farm, "bad");
        farm.SubmitQueued("waiting", [.. Enumerable.Range(0, 6).Select(i => Task($"t{i}"))]);

        Assert.Single(farm.Run(new ReleaseWorker(new WorkerId("bad"))).OfType<WorkerAccepted>());

        Assert.Single(farm.Assigned("bad"));
        Assert.Equal("", View(farm, "bad").Reason);
        Assert.Single(farm.Run(new ReleaseWorker(new WorkerId("nobody"))).OfType<WorkerRefused>());
    }

    [Fact]
    public void Explanation_WhenOnlyQuarantinedWorkersAreLeft_NamesOneAndWhy()
    {
        var farm = BadAndGood(tasks: 3);
        FailAllOn(farm, "bad");
        farm.Drain("good");
        farm.SubmitQueued("waiting", Task("a"));

        Assert.StartsWith(
            "no worker of pool default takes work: good is draining, bad is in quarantine for 10 min since 01:00 UTC: it failed 3 tasks in a row",
            farm.State.Explain(Id("waiting")),
            StringComparison.Ordinal);
    }

    private static Farm BadAndGood(int tasks)
    {
        var farm = new Farm(Options);
        farm.Link("bad");
        farm.SubmitQueued("j", [.. Enumerable.Range(0, tasks).Select(i => Task($"t{i}"))]);
        farm.Link("good", cpus: 4);
        return farm;
    }

    private static void FailAllOn(Farm farm, string worker)
    {
        while (farm.Assigned(worker) is [var next, ..])
        {
            farm.Complete(next, Outcome.Infrastructure, message: "no runtime");
            if (farm.Assigned(worker).IsEmpty && View(farm, worker).Condition == WorkerCondition.Ready)
            {
                farm.SubmitQueued($"more{farm.Events.Count}", Task("m"));
                Assert.NotEmpty(farm.Assigned(worker));
            }
        }
    }

    /// <summary>Time goes on, and the workers say that they are there.</summary>
    private static void Wait(Farm farm, TimeSpan time)
    {
        for (var rest = time; rest > TimeSpan.Zero; rest -= TimeSpan.FromSeconds(10))
        {
            farm.Pass(TimeSpan.FromSeconds(10));
            foreach (var worker in farm.State.Workers())
            {
                farm.Report(worker.Id.Value, [.. farm.Desired(worker.Id.Value).Assignments.Select(a => Running(a.Lease))]);
            }
        }
    }

    private static WorkerView View(Farm farm, string worker) => farm.State.Workers().Single(w => w.Id.Value == worker);
}
