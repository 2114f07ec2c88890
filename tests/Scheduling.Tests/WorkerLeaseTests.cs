using BuildFarm.Scheduling.Commands;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests;

/// <summary>What silence, a cut stream and a pause do to a worker.</summary>
public sealed class WorkerLeaseTests
{
    [Fact]
    public void Lease_WorkerSilent_RequeuesWithANewEpoch()
    {
        var farm = new Farm();
        farm.Link("w1");
        farm.SubmitQueued("j", Task("a"));
        farm.Link("w2");

        farm.Pass(TimeSpan.FromSeconds(20));
        farm.Report("w2");
        farm.Pass(TimeSpan.FromSeconds(20));

        var task = farm.State.FindTask(Id("j"))!;
        Assert.Equal((TaskPhase.Running, 2L, new WorkerId("w2")), (task.Phase, task.Attempt, task.Worker));
        Assert.Equal(WorkerCondition.Lost, Worker(farm, "w1").Condition);
    }

    [Fact]
    public void Lease_WorkerHeard_IsKept()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));

        for (var i = 0; i < 20; i++)
        {
            farm.Pass(TimeSpan.FromSeconds(10));
            farm.Report("w", Running(farm.LeaseOf(Id("j"))));
        }

        Assert.Equal(1, farm.State.FindTask(Id("j"))!.Attempt);
        Assert.Equal(farm.Now.Wall, Worker(farm, "w").LastHeardAt);
    }

    [Fact]
    public void Unlink_ReturnsWithinGrace_KeepsItsAttempts()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));
        farm.Unlink("w");
        Assert.Equal(WorkerCondition.Unlinked, Worker(farm, "w").Condition);

        farm.Pass(TimeSpan.FromSeconds(9));
        farm.Link("w");
        farm.Pass(TimeSpan.FromSeconds(20));

        Assert.Equal(1, farm.State.FindTask(Id("j"))!.Attempt);
        Assert.Equal([Id("j")], farm.Assigned("w"));
    }

    [Fact]
    public void Unlink_GraceRunsOut_RequeuesBeforeTheLeaseWould()
    {
        var farm = new Farm();
        farm.Link("w1");
        farm.SubmitQueued("j", Task("a"));
        farm.Link("w2");
        farm.Unlink("w1");

        farm.Pass(TimeSpan.FromSeconds(11));

        Assert.Equal([Id("j")], farm.Assigned("w2"));
    }

    [Fact]
    public void Unlink_Worker_GetsNoNewAttempts()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.Unlink("w");

        farm.SubmitQueued("j", Task("a"));

        Assert.Empty(farm.Assigned("w"));
    }

    [Fact]
    public void Unlink_OfAnOlderIncarnation_ChangesNothing()
    {
        var farm = new Farm();
        farm.Link("w", incarnation: "1");
        farm.Link("w", incarnation: "2");

        farm.Run(new WorkerUnlinked(new WorkerId("w"), "1"));

        Assert.Equal(WorkerCondition.Ready, Worker(farm, "w").Condition);
    }

    [Fact]
    public void Pause_OfTheCoordinator_EvictsNobody()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));

        farm.Freeze(TimeSpan.FromSeconds(60));
        farm.Run(new Tick());
        farm.Report("w", Running(farm.LeaseOf(Id("j"))));
        farm.Pass(TimeSpan.FromSeconds(20));

        Assert.Equal(1, farm.State.FindTask(Id("j"))!.Attempt);
        Assert.Equal(0, farm.State.Counters.WorkersLost);
    }

    [Fact]
    public void Pause_WhileALostWorkerHasSomethingToEnd_GivesItTheWholeTimeAgain()
    {
        var farm = new Farm(new SchedulerOptions { KillGrace = TimeSpan.FromSeconds(60) });
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));
        var running = Running(farm.LeaseOf(Id("j")));
        farm.Report("w", running);
        farm.Run(new CancelJob(new JobId("j"), ""));
        farm.Unlink("w");
        farm.Pass(TimeSpan.FromSeconds(11));
        Assert.Equal(WorkerCondition.Lost, Worker(farm, "w").Condition);

        farm.Freeze(TimeSpan.FromSeconds(40));
        farm.Run(new Tick());
        farm.Link("w");
        farm.ReportAt("w", 0, running);
        farm.Pass(TimeSpan.FromSeconds(10));

        Assert.Equal(WorkerCondition.Ready, Worker(farm, "w").Condition);
    }

    [Fact]
    public void Pause_FollowedBySilence_StillLosesTheWorker()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.Freeze(TimeSpan.FromSeconds(60));

        farm.Pass(TimeSpan.FromSeconds(31));

        Assert.Equal(WorkerCondition.Lost, Worker(farm, "w").Condition);
    }

    [Fact]
    public void LostWorker_AfterAWhile_IsForgotten()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.Pass(TimeSpan.FromSeconds(31));
        Assert.Single(farm.State.Workers());

        farm.Pass(TimeSpan.FromHours(1));

        Assert.Empty(farm.State.Workers());
        Assert.Null(farm.State.DesiredStateFor(new WorkerId("w")));
        Assert.Null(farm.Scheduler.NextDeadline(farm.State));
    }

    [Fact]
    public void WallClock_StepsByAnHour_LosesNobody()
    {
        var scheduler = new Scheduler(new SchedulerOptions());
        var state = new SchedulerState();
        var wall = DateTimeOffset.UnixEpoch;
        scheduler.Execute(state, new DeclarePools([new PoolSpec("p", Platform.Empty)]), new SchedulerTime(TimeSpan.Zero, wall), _ => { });
        var offer = new WorkerOffer("p", Platform.Empty, new Resources(1000, GiB));
        scheduler.Execute(state, new WorkerLinked(new WorkerId("w"), "1", offer), new SchedulerTime(TimeSpan.Zero, wall), _ => { });

        scheduler.Execute(state, new Tick(), new SchedulerTime(TimeSpan.FromSeconds(5), wall.AddHours(1)), _ => { });

        Assert.Equal(WorkerCondition.Ready, Assert.Single(state.Workers()).Condition);
    }

    private static WorkerView Worker(Farm farm, string id) => farm.State.Workers().Single(w => w.Id.Value == id);

    [Fact]
    public void Report_AfterTheLeaseRanOutAndBeforeTheTimer_IsOfAWorkerThatWasLost()
    {
        var farm = new Farm();
        farm.Link("w1");
        farm.Link("w2");
        farm.SubmitQueued("j", Task("a"));
        var lease = farm.LeaseOf(Id("j"));
        for (var i = 0; i < 5; i++)
        {
            farm.Freeze(farm.Options.LeaseDuration / 6);
            farm.Report("w2");
        }

        farm.Freeze((farm.Options.LeaseDuration / 6) + TimeSpan.FromSeconds(1));
        farm.Report("w1", Running(lease));

        Assert.Contains(farm.Events, change => change is BuildFarm.Scheduling.Events.WorkerExpired { Worker.Value: "w1" });
        Assert.Equal([Id("j")], farm.Assigned("w2"));
    }
}
