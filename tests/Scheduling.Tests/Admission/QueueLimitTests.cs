using BuildFarm.Scheduling.Effects;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests.Admission;

/// <summary>A queue that is full says so, and for whom.</summary>
public sealed class QueueLimitTests
{
    [Fact]
    public void Submit_BeyondTheLimitOfItsUser_IsRefusedWhileOthersAreNot()
    {
        var farm = new Farm(new SchedulerOptions { MaxUnfinishedTasksPerUser = 2 });
        Submit(farm, "a1", "ann@laptop");
        Submit(farm, "a2", "ann@desk");

        Assert.Equal((RefusalKind.QueueFull, "the queue of user 'ann' is full: 2 tasks wait or run, and 1 more would pass the limit of 2; try again later"), Submit(farm, "a3", "ann@laptop"));
        Assert.Null(Submit(farm, "b1", "bob@laptop"));
    }

    [Fact]
    public void Submit_BeyondTheLimitOfItsInstance_IsRefused()
    {
        var farm = new Farm(new SchedulerOptions { MaxUnfinishedTasksPerInstance = 1 });
        Submit(farm, "a", "ann", "main");

        Assert.Equal(RefusalKind.QueueFull, Submit(farm, "b", "bob", "main")?.Kind);
        Assert.Null(Submit(farm, "c", "bob", "other"));
    }

    [Fact]
    public void Submit_WhenATaskHasEnded_FindsRoom()
    {
        var farm = new Farm(new SchedulerOptions { MaxUnfinishedTasksPerUser = 1 });
        farm.Link("w");
        Submit(farm, "a", "ann");
        Assert.NotNull(Submit(farm, "b", "ann"));
        farm.Queue(Id("a"));
        farm.Complete(Id("a"));

        Assert.Null(Submit(farm, "c", "ann"));
    }

    [Fact]
    public void Limits_AfterARestart_CountWhatIsThere()
    {
        var farm = new Farm(new SchedulerOptions { MaxUnfinishedTasksPerUser = 1 });
        Submit(farm, "a", "ann");
        farm.Restart();

        Assert.NotNull(Submit(farm, "b", "ann"));
    }

    private static (RefusalKind Kind, string Reason)? Submit(Farm farm, string job, string user, string instance = "") =>
        farm.Submit(new JobSpec(job, [Task("a")]) { Submitter = user, Instance = instance })
            .OfType<SubmitRefused>().Select(r => ((RefusalKind, string)?)(r.Kind, r.Reason)).SingleOrDefault();
}
