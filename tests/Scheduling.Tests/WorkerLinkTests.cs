using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests;

public sealed class WorkerLinkTests
{
    [Fact]
    public void Link_UnknownPool_IsRefused()
    {
        var refused = Assert.Single(new Farm().Link("w", pool: "nowhere").OfType<WorkerRefused>());

        Assert.Equal((9L, "no pool 'nowhere' is declared"), (refused.Correlation, refused.Reason));
    }

    [Fact]
    public void Link_WorkerLacksThePoolsProperty_IsRefused()
    {
        var farm = new Farm(null, new PoolSpec("linux", Platform.Of(("os", "linux"))));

        var refused = Assert.Single(farm.Link("w", pool: "linux", platform: Platform.Of(("os", "plan9"))).OfType<WorkerRefused>());

        Assert.Equal("pool 'linux' offers os=linux, and the worker has plan9", refused.Reason);
    }

    [Fact]
    public void Report_AfterALateUnlinkOfAnOlderStream_LinksTheWorkerAgain()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.Link("w");
        farm.Unlink("w");
        farm.SubmitQueued("j", Task("a"));
        Assert.Empty(farm.Assigned("w"));

        farm.Report("w");

        Assert.Equal(WorkerCondition.Ready, Worker(farm, "w").Condition);
        Assert.Equal([Id("j")], farm.Assigned("w"));
    }

    [Fact]
    public void Report_AfterALateUnlinkOfAnOlderStream_BeginsAWholeLease()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));
        farm.Link("w");
        farm.Unlink("w");

        farm.Report("w", Running(farm.LeaseOf(Id("j"))));
        farm.Pass(TimeSpan.FromSeconds(29));
        Assert.Equal((WorkerCondition.Ready, 1L), (Worker(farm, "w").Condition, farm.State.FindTask(Id("j"))!.Attempt));

        farm.Pass(TimeSpan.FromSeconds(2));
        Assert.Equal(WorkerCondition.Lost, Worker(farm, "w").Condition);
    }

    [Fact]
    public void Link_NewIncarnation_LosesTheOldAttemptsAtOnce()
    {
        var farm = new Farm();
        farm.Link("w", incarnation: "1");
        farm.SubmitQueued("j", Task("a"));

        farm.Link("w", incarnation: "2");

        var task = farm.State.FindTask(Id("j"))!;
        Assert.Equal((TaskPhase.Running, 2L), (task.Phase, task.Attempt));
        Assert.Equal(new Resources(1000, GiB), farm.InUse("w"));
    }

    [Fact]
    public void Report_OfAnotherIncarnation_ChangesNothing()
    {
        var farm = new Farm();
        farm.Link("w", incarnation: "2");
        farm.SubmitQueued("j", Task("a"));
        var lease = farm.LeaseOf(Id("j"));

        farm.Run(new WorkerReported(new WorkerId("w"), "1", Draining: true, 99, [Done(lease)]));

        Assert.Equal(TaskPhase.Running, farm.State.FindTask(Id("j"))!.Phase);
        Assert.Equal(WorkerCondition.Ready, Worker(farm, "w").Condition);
    }

    [Fact]
    public void Report_LostWorkerSpeaksAgain_IsToldToEndWhatItHas()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));
        var lease = farm.LeaseOf(Id("j"));
        farm.Pass(TimeSpan.FromSeconds(31));
        Assert.Equal(TaskPhase.Queued, farm.State.FindTask(Id("j"))!.Phase);

        farm.ReportAt("w", revision: 1, Running(lease));

        // The old attempt still fills the worker, so the new one waits for it to be gone.
        Assert.Empty(farm.Desired("w").Assignments);
        Assert.Equal(new Resources(1000, GiB), farm.InUse("w"));
        farm.Report("w");
        Assert.Equal(2, Assert.Single(farm.Desired("w").Assignments).Lease.Epoch);
    }

    [Fact]
    public void Drain_ByTheWorker_FinishesWhatItHasAndTakesNoMore()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"), Task("b"));

        farm.Drain("w", Running(farm.LeaseOf(Id("j"))));
        Assert.Equal([Id("j")], farm.Assigned("w"));
        farm.Drain("w", Done(farm.LeaseOf(Id("j"))));

        Assert.Empty(farm.Assigned("w"));
        Assert.Equal("no worker of pool default takes work: w is draining", farm.State.Explain(Id("j", 1)));
        farm.Report("w");
        Assert.Equal([Id("j", 1)], farm.Assigned("w"));
    }

    [Fact]
    public void Drain_AssignmentThatMeetsIt_IsDeclinedWithoutCharge()
    {
        var farm = new Farm(new SchedulerOptions { InfrastructureBudget = 1 });
        farm.Link("w1");
        farm.SubmitQueued("j", Task("a"));
        farm.Link("w2");

        // The worker heard of the attempt when it had begun to drain, and did not start it.
        farm.Drain("w1");

        Assert.Equal([Id("j")], farm.Assigned("w2"));
        Assert.Equal(RequeueCause.Declined, Assert.Single(farm.Events.OfType<AttemptRequeued>()).Cause);
    }

    [Fact]
    public void Report_WithoutALiveAttemptThatTheWorkerHeardOf_IsTriedElsewhere()
    {
        var farm = new Farm();
        farm.Link("w1");
        farm.SubmitQueued("j", Task("a"));
        farm.Link("w2");
        farm.ReportAt("w1", 0);
        Assert.Equal([Id("j")], farm.Assigned("w1"));

        farm.ReportAt("w1", 1);

        Assert.Equal([Id("j")], farm.Assigned("w2"));
        Assert.Equal(RequeueCause.Missing, Assert.Single(farm.Events.OfType<AttemptRequeued>()).Cause);

        // It may still start what it hears late, so its share is free only when it has heard of the end.
        Assert.Equal(new Resources(1000, GiB), farm.InUse("w1"));
        farm.Report("w1");
        Assert.Equal(Resources.None, farm.InUse("w1"));
    }

    [Fact]
    public void Link_OfAForgottenWorker_NumbersItsDesiredStatesOn()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));
        farm.Run(new CancelJob(new JobId("j"), ""));
        farm.Report("w");
        var before = farm.Desired("w").Revision;
        farm.Pass(TimeSpan.FromHours(2));
        Assert.Empty(farm.State.Workers());

        farm.Link("w");
        farm.SubmitQueued("k", Task("a"));
        farm.Run(new CancelJob(new JobId("k"), ""));

        // A report from before it was forgotten: this worker entry never gave that revision to anybody.
        farm.ReportAt("w", before);
        Assert.Equal(new Resources(1000, GiB), farm.InUse("w"));
        Assert.Equal(before + 2, farm.Desired("w").Revision);
    }

    [Fact]
    public void Drain_ByAnOperator_OutlastsTheReports()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.Run(new DrainWorker(new WorkerId("w"), Drain: true));
        farm.Report("w");
        farm.SubmitQueued("j", Task("a"));
        Assert.Empty(farm.Assigned("w"));

        farm.Run(new DrainWorker(new WorkerId("w"), Drain: false));

        Assert.Equal([Id("j")], farm.Assigned("w"));
        Assert.Single(farm.Run(new DrainWorker(new WorkerId("nobody"), Drain: true)).OfType<WorkerRefused>());
    }

    private static WorkerView Worker(Farm farm, string id) => farm.State.Workers().Single(w => w.Id.Value == id);
}
