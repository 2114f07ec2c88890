using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests;

/// <summary>What one attempt has at a time, on whatever worker.</summary>
public sealed class ExclusiveTests
{
    private static readonly TaskSpec Home = Task("a") with { Exclusive = ["home:sage"] };

    [Fact]
    public void Tasks_OfOneName_RunOneAtATimeOnAllWorkers()
    {
        var farm = TwoWorkers();
        farm.SubmitQueued("j", Home, Home with { Name = "b" }, Task("c"));

        Assert.Equal([Id("j", 0), Id("j", 2)], farm.Assigned("w1").Concat(farm.Assigned("w2")));
        Assert.Equal(TaskPhase.Queued, farm.State.FindTask(Id("j", 1))!.Phase);
        Assert.Equal("waits for 'home:sage', which a has on w1", farm.State.Explain(Id("j", 1)));
        farm.Complete(Id("j", 0));

        Assert.Equal([Id("j", 1)], farm.Assigned("w1"));
    }

    [Fact]
    public void Names_OfAnOlderTask_GoToItFirstWhateverThePriority()
    {
        var farm = TwoWorkers();
        farm.SubmitQueued("j", Home, Home with { Name = "b" }, Home with { Name = "c", Priority = 100 });

        farm.Complete(Id("j", 0));
        Assert.Equal(TaskPhase.Running, farm.State.FindTask(Id("j", 1))!.Phase);
        Assert.Equal(TaskPhase.Queued, farm.State.FindTask(Id("j", 2))!.Phase);
    }

    [Fact]
    public void Tasks_OfNamesThatCross_DoNotWaitForEachOther()
    {
        var farm = TwoWorkers();
        farm.SubmitQueued(
            "j",
            Home with { Exclusive = ["x"] },
            Home with { Name = "b", Exclusive = ["x", "y"] },
            Home with { Name = "c", Exclusive = ["y", "z"] },
            Home with { Name = "d", Exclusive = ["z", "x"] });

        Assert.Equal("waits for 'y', for which b stands first and waits for another name", farm.State.Explain(Id("j", 2)));
        for (var i = 0; i < 4; i++)
        {
            farm.Complete(Id("j", i));
        }

        Assert.Equal(4, farm.FinishedJob("j").Counts.Succeeded);
    }

    [Fact]
    public void Name_OfALostAttempt_IsFreeWhenItsWorkerHasEndedIt()
    {
        var farm = TwoWorkers();
        farm.SubmitQueued("j", Home);
        farm.Unlink("w1");
        farm.Pass(TimeSpan.FromSeconds(11));

        Assert.Equal(
            "attempt 2, because worker w1 was lost: waits for 'home:sage', which attempt e1#1 has on w1, which is lost: it comes free when the worker is back without it, or has had the time to end it by itself",
            farm.State.Explain(Id("j")));
        farm.Link("w1");
        Assert.Empty(farm.Assigned("w2"));
        farm.Report("w1");

        Assert.Equal([Id("j")], farm.Assigned("w2"));
    }

    [Theory]
    [InlineData("restarted")]
    [InlineData("forgotten")]
    public void Name_OfAWorkerThatIsGone_IsFree(string how)
    {
        var farm = TwoWorkers(new SchedulerOptions { LostWorkerMemory = TimeSpan.FromHours(9), LeaseDuration = TimeSpan.FromSeconds(30), KillGrace = TimeSpan.FromSeconds(20) });
        farm.SubmitQueued("j", Home);
        if (how == "restarted")
        {
            farm.Link("w1", incarnation: "2");
        }
        else
        {
            farm.Unlink("w1");
            foreach (var seconds in new[] { 10, 20, 20, 9 })
            {
                farm.Pass(TimeSpan.FromSeconds(seconds));
                farm.Report("w2");
            }

            Assert.Empty(farm.Assigned("w2"));
            farm.Pass(TimeSpan.FromSeconds(2));
        }

        Assert.Equal([Id("j")], farm.Assigned("w2"));
    }

    [Fact]
    public void Name_OfACancelledTask_PassesOnWhenItIsGone()
    {
        var farm = TwoWorkers();
        farm.SubmitQueued("j", Home, Home with { Name = "b" }, Home with { Name = "c" });

        farm.Run(new CancelTasks(new JobId("j"), [0, 1], ""));
        Assert.Equal("waits for 'home:sage', which attempt e1#1 has on w1, where it is being ended", farm.State.Explain(Id("j", 2)));
        farm.Report("w1");

        Assert.Equal(TaskPhase.Running, farm.State.FindTask(Id("j", 2))!.Phase);
    }

    [Fact]
    public void Name_ThatWasTaken_IsSaidToWaitForAWorker()
    {
        var farm = new Farm();
        farm.SubmitQueued("j", Home, Home with { Name = "b" });

        Assert.Equal("waits for 'home:sage', which a has, and that waits for a worker", farm.State.Explain(Id("j", 1)));
        farm.Run(new CancelTasks(new JobId("j"), [0], ""));
        farm.Link("w1");

        Assert.Equal([Id("j", 1)], farm.Assigned("w1"));
    }

    [Fact]
    public void Coordinator_ThatComesBack_KnowsWhoHasWhatName()
    {
        var farm = TwoWorkers();
        farm.SubmitQueued("j", Home, Home with { Name = "b" });
        farm.Restart();
        farm.Link("w1");
        farm.Link("w2");
        Assert.Empty(farm.Assigned("w2"));

        farm.Complete(Id("j", 0));

        Assert.Single(farm.Assigned("w1").Concat(farm.Assigned("w2")));
    }

    [Theory]
    [InlineData("Home", "lower-case")]
    [InlineData("", "lower-case")]
    [InlineData("a b", "lower-case")]
    [InlineData("home:sage", "twice")]
    public void Name_ThatIsNone_IsRefused(string name, string why)
    {
        var refused = Assert.IsType<SubmitRefused>(Assert.Single(new Farm().Submit("j", Home with { Exclusive = ["home:sage", name] })));

        Assert.Equal(RefusalKind.Malformed, refused.Kind);
        Assert.Contains(why, refused.Reason, StringComparison.Ordinal);
    }

    private static Farm TwoWorkers(SchedulerOptions? options = null)
    {
        var farm = new Farm(options);
        farm.Link("w1");
        farm.Link("w2");
        return farm;
    }
}
