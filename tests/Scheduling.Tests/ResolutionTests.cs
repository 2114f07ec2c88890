using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests;

public sealed class ResolutionTests
{
    [Fact]
    public void Resolved_CacheableAction_IsLookedUp()
    {
        var farm = new Farm();
        farm.Submit("j", Task("a"));

        var lookUp = Assert.Single(farm.Resolve(Id("j"), "action").OfType<LookUpAction>());

        Assert.Equal((new ActionId("action"), Id("j")), (lookUp.Action, lookUp.Task));
        Assert.Equal(TaskPhase.Resolving, farm.State.FindTask(Id("j"))!.Phase);
    }

    [Fact]
    public void Resolved_NotCacheable_IsQueuedWithoutLookUp()
    {
        var farm = new Farm();
        farm.Submit("j", Task("spec says no") with { Cacheable = false }, Task("answer says no"));

        Assert.Empty(farm.Resolve(Id("j", 0)).OfType<LookUpAction>());
        Assert.Empty(farm.Resolve(Id("j", 1), cacheable: false).OfType<LookUpAction>());
        Assert.All([Id("j", 0), Id("j", 1)], id => Assert.Equal(TaskPhase.Queued, farm.State.FindTask(id)!.Phase));
    }

    [Fact]
    public void Resolved_SkipsLookUp_IsQueuedAtOnceAndStored()
    {
        var farm = new Farm();
        farm.Submit("j", Task("a") with { SkipLookUp = true });

        Assert.Empty(farm.Resolve(Id("j")).OfType<LookUpAction>());
        farm.Link("w", cpus: 1);

        Assert.Single(farm.Complete(Id("j")).OfType<StoreAction>());
    }

    [Fact]
    public void LookedUp_HitWhileAWaiterSkipsLookUp_RunsForAll()
    {
        var farm = new Farm();
        farm.Submit("j", Task("a"));
        farm.Submit("k", Task("a") with { SkipLookUp = true });
        farm.Resolve(Id("j"), "same");
        farm.Resolve(Id("k"), "same");

        farm.Hit(Id("j"), "stored");

        Assert.Equal(TaskPhase.Queued, farm.State.FindTask(Id("j"))!.Phase);
        Assert.Equal(TaskPhase.Queued, farm.State.FindTask(Id("k"))!.Phase);
    }

    [Fact]
    public void LookedUp_Hit_FinishesFromTheCache()
    {
        var farm = new Farm();
        farm.Submit("j", Task("a"));
        farm.Resolve(Id("j"));

        farm.Hit(Id("j"), "stored");

        var task = farm.Finished(Id("j"));
        Assert.Equal((Outcome.Success, ResultOrigin.ActionCache, new ResultHandle("stored"), 0L), (task.Outcome, task.Origin, task.Result, task.Attempt));
        Assert.Equal((1, 1, 0), (farm.FinishedJob("j").Counts.Succeeded, farm.FinishedJob("j").Counts.FromCache, farm.FinishedJob("j").Counts.Attempts));
    }

    [Fact]
    public void LookedUp_AnsweredTwice_SecondChangesNothing()
    {
        var farm = new Farm();
        farm.Submit("j", Task("a"), Task("b"));
        farm.Resolve(Id("j"));
        var execution = farm.State.FindTask(Id("j"))!.Execution!.Value;
        farm.Miss(Id("j"));

        Assert.Empty(farm.Run(new ActionLookedUp(execution, new ResultHandle("late"))));
        Assert.Equal(TaskPhase.Queued, farm.State.FindTask(Id("j"))!.Phase);
    }

    [Fact]
    public void Resolved_EqualActionInFlight_Merges()
    {
        var farm = new Farm();
        farm.Submit("j", Task("a"));
        farm.Submit("k", Task("a"));
        farm.Resolve(Id("j"), "same");

        Assert.Empty(farm.Resolve(Id("k"), "same").OfType<LookUpAction>());

        farm.Link("w", cpus: 2);
        farm.Miss(Id("j"));
        Assert.Equal(Id("j"), Assert.Single(farm.Assigned("w")));
        farm.Complete(Id("j"));
        Assert.Equal(ResultOrigin.Executed, farm.Finished(Id("j")).Origin);
        Assert.Equal(ResultOrigin.Merged, farm.Finished(Id("k")).Origin);
        Assert.Equal(farm.Finished(Id("j")).Result, farm.Finished(Id("k")).Result);
        Assert.Equal((1, 0), (farm.FinishedJob("j").Counts.Attempts, farm.FinishedJob("k").Counts.Attempts));
    }

    [Fact]
    public void Resolved_EqualActionNotCacheable_RunsTwice()
    {
        var farm = new Farm();
        farm.Link("w", cpus: 2);
        farm.Submit("j", Task("a"), Task("b") with { Cacheable = false });
        farm.Queue(Id("j", 0), "same");

        farm.Resolve(Id("j", 1), "same");

        Assert.Equal(2, farm.Assigned("w").Length);
    }

    [Fact]
    public void Resolved_EqualActionHasFinished_IsLookedUpAgain()
    {
        var farm = new Farm();
        farm.Submit("j", Task("a"));
        farm.Resolve(Id("j"), "same");
        farm.Hit(Id("j"));
        farm.Submit("k", Task("a"));

        Assert.Single(farm.Resolve(Id("k"), "same").OfType<LookUpAction>());
    }

    [Fact]
    public void Merged_SharedExecutionFails_AllFail()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.Submit("j", Task("a"));
        farm.Submit("k", Task("a"));
        farm.Queue(Id("j"), "same");
        farm.Resolve(Id("k"), "same");

        farm.Complete(Id("j"), Outcome.Failure, 3);

        Assert.All(["j", "k"], job => Assert.Equal((Outcome.Failure, 3), (farm.Finished(Id(job)).Outcome, farm.Finished(Id(job)).ExitCode)));
    }

    [Theory]
    [InlineData(Outcome.Infrastructure, Outcome.Infrastructure)]
    [InlineData(Outcome.Failure, Outcome.Failure)]
    [InlineData(Outcome.Success, Outcome.Infrastructure)]
    public void Unresolvable_Task_FinishesWithTheReason(Outcome said, Outcome expected)
    {
        var farm = new Farm();
        farm.Submit("j", Task("a"), Task("b", 0));

        farm.Run(new TaskUnresolvable(Id("j"), said, "outputs of x and y collide at lib/z"));

        Assert.Equal((expected, "outputs of x and y collide at lib/z"), (farm.Finished(Id("j")).Outcome, farm.Finished(Id("j")).Message));
        Assert.Equal((Outcome.Cancelled, "needs a, which failed"), (farm.Finished(Id("j", 1)).Outcome, farm.Finished(Id("j", 1)).Message));
    }

    [Fact]
    public void Resolved_TaskWasCancelled_ChangesNothing()
    {
        var farm = new Farm();
        farm.Submit("j", Task("a"), Task("b"));
        farm.Run(new CancelTasks(new JobId("j"), [0], ""));

        Assert.Empty(farm.Resolve(Id("j", 0)));
        Assert.Empty(farm.Run(new TaskUnresolvable(Id("gone"), Outcome.Failure, "")));
    }

    [Fact]
    public void Success_Cacheable_IsStoredBeforeItIsTold()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));
        var lease = farm.LeaseOf(Id("j"));

        var effects = farm.Complete(Id("j")).ToList();

        var store = Assert.Single(effects.OfType<StoreAction>());
        Assert.Equal((lease, new ActionId("j/0"), new WorkerId("w")), (store.Lease, store.Action, store.Worker));
        Assert.True(effects.IndexOf(store) < effects.FindIndex(e => e is TaskChanged or JobFinished));
    }

    [Theory]
    [InlineData(Outcome.Failure, 1, true)]
    [InlineData(Outcome.Timeout, 0, true)]
    [InlineData(Outcome.OutOfMemory, 137, true)]
    [InlineData(Outcome.Success, 1, true)]
    [InlineData(Outcome.Success, 0, false)]
    public void Completion_NotASuccessToCache_IsNotStored(Outcome outcome, int exitCode, bool cacheable)
    {
        var farm = new Farm();
        farm.Link("w");
        farm.Submit("j", Task("a"));
        farm.Resolve(Id("j"), cacheable: cacheable);
        if (cacheable)
        {
            farm.Miss(Id("j"));
        }

        Assert.Empty(farm.Complete(Id("j"), outcome, exitCode).OfType<StoreAction>());
    }
}
