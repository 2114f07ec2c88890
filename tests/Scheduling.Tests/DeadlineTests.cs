using BuildFarm.Scheduling.Effects;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests;

public sealed class DeadlineTests
{
    [Fact]
    public void Job_PastItsDeadline_EndsWhatHasNotFinished()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.Submit(new JobSpec("j", [Task("done"), Task("running"), Task("queued"), Task("waiting", 2)]) { Deadline = TimeSpan.FromMinutes(90) });
        foreach (var i in Enumerable.Range(0, 3))
        {
            farm.Queue(Id("j", i));
        }

        farm.Complete(Id("j", 0));
        PassAlive(farm, TimeSpan.FromMinutes(89));
        Assert.Equal(TaskPhase.Running, farm.State.FindTask(Id("j", 1))!.Phase);
        PassAlive(farm, TimeSpan.FromMinutes(1));

        var counts = farm.FinishedJob("j").Counts;
        Assert.Equal((1, 3), (counts.Succeeded, counts.TimedOut));
        Assert.Equal("the job had to finish within 1 h 30 min of the submit", farm.Finished(Id("j", 3)).Message);
        Assert.Empty(farm.Assigned("w"));
        farm.Report("w");
        Assert.Equal(Resources.None, farm.InUse("w"));
    }

    [Fact]
    public void Task_PastItsDeadline_EndsAloneAndCancelsWhatNeedsIt()
    {
        var farm = new Farm();
        farm.Submit("j", Task("late") with { Deadline = TimeSpan.FromSeconds(30) }, Task("needs it", 0), Task("other"));
        farm.Queue(Id("j", 0));
        farm.Queue(Id("j", 2));

        farm.Pass(TimeSpan.FromSeconds(31));

        Assert.Equal((Outcome.Timeout, "it had to finish within 30 s of the submit"), (farm.Finished(Id("j", 0)).Outcome, farm.Finished(Id("j", 0)).Message));
        Assert.Equal((Outcome.Cancelled, "needs late, which failed"), (farm.Finished(Id("j", 1)).Outcome, farm.Finished(Id("j", 1)).Message));
        Assert.Equal(TaskPhase.Queued, farm.State.FindTask(Id("j", 2))!.Phase);
    }

    [Fact]
    public void Deadlines_OfSeveralTasks_ComeOneAfterTheOther()
    {
        var farm = new Farm();
        farm.Submit(
            new JobSpec("j", [.. new[] { 50, 20, 20, 0 }.Select((seconds, i) => Task($"t{i}") with { Deadline = TimeSpan.FromSeconds(seconds) })])
            {
                Deadline = TimeSpan.FromSeconds(70),
            });

        farm.Pass(TimeSpan.FromSeconds(21));
        Assert.Equal(2, farm.State.FindJob(new JobId("j"))!.Counts.TimedOut);
        farm.Pass(TimeSpan.FromSeconds(30));
        Assert.Equal(3, farm.State.FindJob(new JobId("j"))!.Counts.TimedOut);
        farm.Pass(TimeSpan.FromSeconds(20));

        Assert.Equal(4, farm.FinishedJob("j").Counts.TimedOut);
        Assert.Null(farm.Scheduler.NextDeadline(farm.State));
    }

    [Fact]
    public void Deadline_CoordinatorWasAway_CountsThatTime()
    {
        var farm = new Farm();
        farm.Submit(new JobSpec("j", [Task("a")]) { Deadline = TimeSpan.FromMinutes(10) });
        farm.Freeze(TimeSpan.FromMinutes(9));

        farm.Restart();
        Assert.NotNull(farm.State.FindJob(new JobId("j")));
        farm.Pass(TimeSpan.FromMinutes(1));

        Assert.Equal(1, farm.FinishedJob("j").Counts.TimedOut);
    }

    [Fact]
    public void Deadline_JobEndedBefore_RingsNoMore()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.Submit(new JobSpec("j", [Task("a")]) { Deadline = TimeSpan.FromSeconds(20) });
        farm.Queue(Id("j"));
        farm.Complete(Id("j"));

        farm.Pass(TimeSpan.FromSeconds(25));

        Assert.Equal(1, farm.FinishedJob("j").Counts.Succeeded);
    }

    [Fact]
    public void Deadline_OfOneWaiterOfAMergedExecution_LeavesItToTheOther()
    {
        var farm = new Farm();
        farm.Submit(new JobSpec("hurried", [Task("a")]) { Deadline = TimeSpan.FromSeconds(5) });
        farm.Submit("patient", Task("a"));
        farm.Queue(Id("hurried"), "same");
        farm.Resolve(Id("patient"), "same");
        farm.Link("w");

        farm.Pass(TimeSpan.FromSeconds(6));

        Assert.Equal(Outcome.Timeout, farm.Finished(Id("hurried")).Outcome);
        farm.Complete(Id("patient"));
        Assert.Equal(Outcome.Success, farm.Finished(Id("patient")).Outcome);
    }

    [Fact]
    public void Submit_NegativeDeadline_IsRefused() => Assert.Equal(
        RefusalKind.Malformed,
        Assert.Single(new Farm().Submit(new JobSpec("j", [Task("a")]) { Deadline = TimeSpan.FromSeconds(-1) }).OfType<SubmitRefused>()).Kind);

    /// <summary>Lets time pass while the worker says every ten seconds that it goes on.</summary>
    private static void PassAlive(Farm farm, TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(10))
        {
            farm.Pass(TimeSpan.FromSeconds(10));
            farm.Report("w", [.. farm.Desired("w").Assignments.Select(a => Running(a.Lease))]);
        }
    }
}
