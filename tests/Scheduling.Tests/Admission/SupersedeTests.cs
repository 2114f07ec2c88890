using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests.Admission;

/// <summary>A newer job takes an older one's place, and never the other way round.</summary>
public sealed class SupersedeTests
{
    [Fact]
    public void Submit_WithTheKeyOfAnUnfinishedJob_CancelsThatOneAndSaysWhy()
    {
        var farm = new Farm();
        farm.Link("w");
        Submit(farm, "old", "branch");
        farm.Queue(Id("old"));

        Submit(farm, "new", "branch");

        Assert.Equal(1, farm.FinishedJob("old").Counts.Cancelled);
        Assert.Equal("cancelled: superseded by job new (new)", farm.Finished(Id("old")).Message);
        Assert.Equal("superseded by job new (new)", farm.Effects.OfType<JobCancelling>().Single().Reason);
        Assert.Single(farm.State.Jobs());
        Assert.Empty(farm.Assigned("w"));
    }

    [Fact]
    public void Submit_WithAnotherKeyOrNone_CancelsNothing()
    {
        var farm = new Farm();
        Submit(farm, "a", "branch");
        Submit(farm, "b", "other branch");
        Submit(farm, "c", "");
        Submit(farm, "d", "");

        Assert.Equal(4, farm.State.Jobs().Count);
    }

    [Fact]
    public void Submit_OfAnOldRequestAgain_JoinsTheCancelledJobAndLeavesTheNewer()
    {
        var farm = new Farm();
        Submit(farm, "old", "branch", idempotency: "first");
        Submit(farm, "new", "branch", idempotency: "second");

        var again = farm.Run(new SubmitJob(new JobId("retry"), "first", Spec("old", "branch"))).OfType<SubmitAccepted>().Single();

        Assert.Equal((new JobId("old"), true), (again.Job, again.Joined));
        Assert.Equal([new JobId("new")], farm.State.Jobs().Select(j => j.Id));
    }

    [Fact]
    public void Submit_ThatSupersedes_MakesRoomForItself()
    {
        var farm = new Farm(new SchedulerOptions { MaxUnfinishedTasks = 1 });
        Submit(farm, "old", "branch");

        Submit(farm, "new", "branch");

        Assert.Equal([new JobId("new")], farm.State.Jobs().Select(j => j.Id));
    }

    [Fact]
    public void Submit_ThatIsRefused_SupersedesNothing()
    {
        var farm = new Farm(new SchedulerOptions { MaxUnfinishedTasks = 2 });
        Submit(farm, "old", "branch");

        farm.Submit(new JobSpec("new", [Task("a"), Task("b"), Task("c")]) { SupersedeKey = "branch" });

        Assert.Single(farm.Effects.OfType<SubmitRefused>());
        Assert.Equal([new JobId("old")], farm.State.Jobs().Select(j => j.Id));
    }

    [Fact]
    public void Journal_ThatEndsBeforeTheOldJobsEnd_EndsItOnTheWayBack()
    {
        var farm = new Farm();
        Submit(farm, "old", "branch");
        var at = farm.Events.Count;
        Submit(farm, "new", "branch");
        var torn = new SchedulerState();
        foreach (var change in farm.Events.Take(at + 1).Where(e => e.IsDurable))
        {
            torn.Apply(change);
        }

        Assert.Equal(2, torn.Jobs().Count);
        var events = new List<Event>();
        var effects = farm.Scheduler.Execute(torn, new Resume(), farm.Now, events.Add);

        Assert.Equal([new JobId("new")], torn.Jobs().Select(j => j.Id));
        Assert.Equal("superseded by job new (new)", effects.OfType<JobCancelling>().Single().Reason);
    }

    [Fact]
    public void Submit_AfterARestart_StillFindsTheOlder()
    {
        var farm = new Farm();
        Submit(farm, "old", "branch");
        farm.Restart();

        Submit(farm, "new", "branch");

        Assert.Equal([new JobId("new")], farm.State.Jobs().Select(j => j.Id));
    }

    private static JobSpec Spec(string job, string key) => new(job, [Task("a")]) { SupersedeKey = key };

    private static void Submit(Farm farm, string job, string key, string idempotency = "") => farm.Submit(Spec(job, key), idempotency);
}
