using BuildFarm.Scheduling.Effects;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests;

public sealed class SubmissionTests
{
    [Fact]
    public void Submit_GraphWithRoots_ResolvesRootsOnly()
    {
        var farm = new Farm();

        var effects = farm.Submit("j", Task("a"), Task("b", 0), Task("c"));

        Assert.Equal([Id("j", 0), Id("j", 2)], effects.OfType<ResolveTask>().Select(e => e.Task));
        var accepted = Assert.Single(effects.OfType<SubmitAccepted>());
        Assert.Equal((7L, new JobId("j"), false), (accepted.Correlation, accepted.Job, accepted.Joined));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(-1)]
    public void Submit_NeedOutsideTheJob_IsMalformed(int need)
    {
        var refused = Refused(new Farm().Submit("j", Task("a", need)));

        Assert.Equal(RefusalKind.Malformed, refused.Kind);
        Assert.Contains("'a'", refused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Submit_Cycle_IsMalformedAndNamesIt()
    {
        var refused = Refused(new Farm().Submit("j", Task("root"), Task("a", 0, 2), Task("b", 3), Task("c", 1), Task("tail", 3)));

        Assert.Equal(RefusalKind.Malformed, refused.Kind);
        Assert.Contains("a → b → c → a", refused.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("tail", refused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Submit_TaskNeedsItself_IsMalformed() =>
        Assert.Contains("a → a", Refused(new Farm().Submit("j", Task("a", 0))).Reason, StringComparison.Ordinal);

    [Fact]
    public void Submit_NameTwice_IsMalformed() =>
        Assert.Contains("'a'", Refused(new Farm().Submit("j", Task("a"), Task("a"))).Reason, StringComparison.Ordinal);

    [Fact]
    public void Submit_NoTask_IsMalformed() => Assert.Equal(RefusalKind.Malformed, Refused(new Farm().Submit("j")).Kind);

    [Fact]
    public void Submit_Refused_LeavesNothing()
    {
        var farm = new Farm();
        var before = StateFingerprint.Describe(farm.State);

        farm.Submit("j", Task("a", 0));

        Assert.Equal(before, StateFingerprint.Describe(farm.State));
        Assert.Empty(farm.State.Jobs());
    }

    [Fact]
    public void Submit_QueueFull_IsRefusedUntilThereIsRoom()
    {
        var farm = new Farm(new SchedulerOptions { MaxUnfinishedTasks = 2 });
        farm.Submit("first", Task("a"), Task("b"));

        Assert.Equal(RefusalKind.QueueFull, Refused(farm.Submit("second", Task("a"))).Kind);

        farm.Resolve(Id("first", 0));
        farm.Hit(Id("first", 0));
        Assert.Single(farm.Submit("second", Task("a")).OfType<SubmitAccepted>());
    }

    [Fact]
    public void Submit_ImpossibleCpuWithoutWorkers_IsRefusedByTheDeclaredSize()
    {
        var farm = new Farm(null, new PoolSpec("default", Platform.Empty) { LargestWorker = new Resources(2000, 8 * GiB) });

        var refused = Refused(farm.Submit("j", Task("fine"), Task("link") with { Resources = new Resources(1_000_000, 0) }));

        Assert.Equal(RefusalKind.Impossible, refused.Kind);
        Assert.Equal("no pool can run task 'link': it asks for cpu 1000, and the largest worker of pool 'default' has 2", refused.Reason);
    }

    [Fact]
    public void Submit_ImpossibleMemory_IsRefusedByTheLargestWorker()
    {
        var farm = new Farm();
        farm.Link("small", memory: GiB);
        farm.Link("large", memory: 3 * GiB);

        var refused = Refused(farm.Submit("j", Task("doc") with { Resources = new Resources(0, 4 * GiB) }));

        Assert.Equal("no pool can run task 'doc': it asks for memory 4 GiB, and the largest worker of pool 'default' has 3 GiB", refused.Reason);
    }

    [Fact]
    public void Submit_EmptyPoolOfUnknownSize_Queues()
    {
        var farm = new Farm();

        farm.SubmitQueued("j", Task("a") with { Resources = new Resources(64_000, 512 * GiB) });

        Assert.Equal(TaskPhase.Queued, farm.State.FindTask(Id("j"))!.Phase);
        Assert.Equal("pool default has no worker: it waits until one comes with cpu 64 and memory 512 GiB", farm.State.Explain(Id("j")));
    }

    [Fact]
    public void Submit_PropertyNobodyOffers_IsRefusedAndNamesIt()
    {
        var farm = new Farm(null, new PoolSpec("linux", Platform.Of(("os", "linux"))));

        var refused = Refused(farm.Submit("j", Task("a") with { Platform = Platform.Of(("os", "windows")) }));

        Assert.Equal("no pool can run task 'a': it requires os=windows, and pool 'linux' offers os=linux", refused.Reason);
        Assert.Single(farm.Submit("k", Task("a") with { Platform = Platform.Of(("os", "linux")) }).OfType<SubmitAccepted>());
    }

    [Fact]
    public void Submit_SameKey_JoinsTheJob()
    {
        var farm = new Farm();
        farm.Submit(new JobSpec("first", [Task("a")]), "key");

        var accepted = Assert.Single(farm.Submit(new JobSpec("second", [Task("a")]), "key").OfType<SubmitAccepted>());

        Assert.Equal((new JobId("first"), true), (accepted.Job, accepted.Joined));
        Assert.Single(farm.State.Jobs());
    }

    [Fact]
    public void Submit_SameKeyAfterTheJobFinished_StillJoins()
    {
        var farm = new Farm();
        farm.Submit(new JobSpec("first", [Task("a")]), "key");
        farm.Resolve(Id("first"));
        farm.Hit(Id("first"));
        Assert.Empty(farm.State.Jobs());

        var accepted = Assert.Single(farm.Submit(new JobSpec("second", [Task("a")]), "key").OfType<SubmitAccepted>());

        Assert.Equal((new JobId("first"), true), (accepted.Job, accepted.Joined));
    }

    private static SubmitRefused Refused(IReadOnlyList<Effect> effects) => Assert.IsType<SubmitRefused>(Assert.Single(effects));
}
