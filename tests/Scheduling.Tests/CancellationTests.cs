using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests;

public sealed class CancellationTests
{
    [Fact]
    public void CancelJob_EveryKindOfTask_EndsAtOnce()
    {
        var farm = new Farm();
        farm.Link("w", cpus: 1);
        farm.Submit("j", Task("running"), Task("queued"), Task("looked up"), Task("resolving"), Task("waiting", 0));
        farm.Queue(Id("j", 0));
        farm.Queue(Id("j", 1));
        farm.Resolve(Id("j", 2));

        var effects = farm.Run(new CancelJob(new JobId("j"), "not needed") { Correlation = 3 });

        var answer = Assert.Single(effects.OfType<CancelAnswered>());
        Assert.Equal((3L, true, 5), (answer.Correlation, answer.Found, answer.Cancelled));
        Assert.Equal(5, farm.FinishedJob("j").Counts.Cancelled);
        Assert.True(farm.FinishedJob("j").Cancelling);
        Assert.All(Enumerable.Range(0, 5), task => Assert.Equal("cancelled: not needed", farm.Finished(Id("j", task)).Message));
        Assert.Empty(farm.Assigned("w"));
    }

    [Fact]
    public void CancelJob_RunningAttempt_KeepsItsShareUntilTheWorkerHasEndedIt()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));
        var lease = farm.LeaseOf(Id("j"));
        farm.SubmitQueued("k", Task("a"));

        Assert.Single(farm.Run(new CancelJob(new JobId("j"), "")).OfType<DesiredStateChanged>());

        Assert.Empty(farm.Assigned("w"));
        farm.ReportAt("w", 2, Running(lease));
        Assert.Equal(new Resources(1000, GiB), farm.InUse("w"));
        farm.ReportAt("w", 2);
        Assert.Equal([Id("k")], farm.Assigned("w"));
    }

    [Fact]
    public void CancelJob_AttemptTheWorkerHasNotHeardOf_KeepsItsShareUntilItHas()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));
        farm.SubmitQueued("k", Task("a"));
        farm.Run(new CancelJob(new JobId("j"), ""));

        // This report was on its way before the assignment reached the worker: the attempt may still start.
        farm.ReportAt("w", 0);
        farm.ReportAt("w", 1);
        Assert.Empty(farm.Assigned("w"));

        farm.ReportAt("w", 2);
        Assert.Equal([Id("k")], farm.Assigned("w"));
    }

    [Fact]
    public void CancelJob_OldReportOvertakenByTheNewer_FreesNothing()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));
        farm.SubmitQueued("k", Task("a"));
        var lease = farm.LeaseOf(Id("j"));
        farm.Run(new CancelJob(new JobId("j"), ""));

        // Said after the assignment, and arrives first; then one from before it: the worker has the attempt all the while.
        farm.ReportAt("w", 1, Running(lease));
        farm.ReportAt("w", 0);

        Assert.Empty(farm.Assigned("w"));
        Assert.Equal(new Resources(1000, GiB), farm.InUse("w"));
    }

    [Fact]
    public void Report_RevisionOfACoordinatorBefore_FreesNothing()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));
        farm.Run(new CancelJob(new JobId("j"), ""));

        farm.ReportAt("w", 5000);

        Assert.Equal(new Resources(1000, GiB), farm.InUse("w"));
    }

    [Fact]
    public void CancelJob_LateCompletion_IsRefused()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));
        var lease = farm.LeaseOf(Id("j"));
        farm.Run(new CancelJob(new JobId("j"), ""));

        farm.ReportAt("w", 1, Done(lease, result: new ResultHandle("r")));

        Assert.Equal(1, farm.State.Counters.CompletionsRefused);
        Assert.Empty(farm.Effects.OfType<StoreAction>());
    }

    [Fact]
    public void CancelJob_ShareOfALostWorker_ComesBackWithTheWorker()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));
        farm.Run(new CancelJob(new JobId("j"), ""));

        farm.Link("w", incarnation: "2");

        Assert.Equal(Resources.None, farm.InUse("w"));
    }

    [Fact]
    public void CancelJob_OthersWaitForTheExecution_ItGoesOn()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.Submit("j", Task("a"));
        farm.Submit("k", Task("a"));
        farm.Queue(Id("j"), "same");
        farm.Resolve(Id("k"), "same");

        farm.Run(new CancelJob(new JobId("j"), ""));

        Assert.Equal([Id("k")], farm.Assigned("w"));
        farm.Complete(Id("k"));
        Assert.Equal((Outcome.Success, ResultOrigin.Executed), (farm.Finished(Id("k")).Outcome, farm.Finished(Id("k")).Origin));
    }

    [Fact]
    public void CancelTasks_SomeOfThem_TakesWhatNeedsThemAlong()
    {
        var farm = new Farm();
        farm.Submit("j", Task("a"), Task("b", 0), Task("c"));

        var effects = farm.Run(new CancelTasks(new JobId("j"), [0, 0, 17], "skip"));

        Assert.Equal(2, Assert.Single(effects.OfType<CancelAnswered>()).Cancelled);
        Assert.Equal("needs a, which was cancelled", farm.Finished(Id("j", 1)).Message);
        Assert.Equal(TaskPhase.Resolving, farm.State.FindTask(Id("j", 2))!.Phase);
    }

    [Fact]
    public void Cancel_UnknownOrFinishedJob_IsAnsweredNotFound()
    {
        var farm = new Farm();

        Assert.False(Assert.Single(farm.Run(new CancelJob(new JobId("x"), "")).OfType<CancelAnswered>()).Found);
        Assert.False(Assert.Single(farm.Run(new CancelTasks(new JobId("x"), [0], "")).OfType<CancelAnswered>()).Found);
    }

    [Fact]
    public void CancelTasks_AllOfThem_FinishesTheJob()
    {
        var farm = new Farm();
        farm.Submit("j", Task("a"), Task("b"));

        farm.Run(new CancelTasks(new JobId("j"), [0, 1], ""));

        Assert.Equal(2, farm.FinishedJob("j").Counts.Cancelled);
    }

    [Fact]
    public void Reason_OfAJournalThatEndsInsideACancellation_IsThatOfItsTasks()
    {
        var farm = new Farm();
        farm.Submit("j", Task("a"), Task("b"));
        farm.Run(new CancelJob(new JobId("j"), "not needed"));
        var state = new SchedulerState();
        foreach (var change in farm.Events.TakeWhile(static e => e is not TaskFinished))
        {
            state.Apply(change);
        }

        Assert.Equal("not needed", state.FindJob(new JobId("j"))!.CancelReason);
        var effects = farm.Scheduler.Execute(state, new Resume(), farm.Now, static _ => { });

        Assert.All(effects.OfType<TaskChanged>(), static e => Assert.Equal("cancelled: not needed", e.Task.Message));
        Assert.Equal("not needed", Assert.Single(effects.OfType<JobFinished>()).Job.CancelReason);
    }
}
