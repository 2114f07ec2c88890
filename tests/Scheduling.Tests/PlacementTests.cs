using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests;

public sealed class PlacementTests
{
    [Fact]
    public void Place_CpuAndMemory_ArePackedTogether()
    {
        var farm = new Farm();
        farm.Link("w", cpus: 4, memory: 4 * GiB);

        farm.SubmitQueued("j", Sized("a", 1, 3), Sized("too much memory", 1, 2), Sized("fits beside", 2, 1), Sized("too much cpu", 2, 0));

        Assert.Equal([Id("j", 0), Id("j", 2)], farm.Assigned("w"));
        Assert.Equal(new Resources(3000, 4 * GiB), farm.InUse("w"));
    }

    [Fact]
    public void Place_ZeroResources_MeanOneCpuAndThePoolsMemory()
    {
        var farm = new Farm(null, new PoolSpec("default", Platform.Empty) { DefaultMemoryBytes = 2 * GiB });
        farm.Link("w", cpus: 4);

        farm.SubmitQueued("j", Task("a") with { Resources = Resources.None });

        Assert.Equal(new Resources(1000, 2 * GiB), Assert.Single(farm.Desired("w").Assignments).Resources);
    }

    [Fact]
    public void Place_FirstWorkerThatFits_IsFilledFirst()
    {
        var farm = new Farm();
        farm.Link("w1", cpus: 2);
        farm.Link("w2", cpus: 2);

        farm.SubmitQueued("j", Task("a"), Task("b"), Task("c"));

        Assert.Equal((2, 1), (farm.Assigned("w1").Length, farm.Assigned("w2").Length));
    }

    [Fact]
    public void Place_Platform_DecidesThePool()
    {
        var farm = new Farm(
            null, new PoolSpec("arm", Platform.Of(("arch", "arm"), ("os", "linux"))), new PoolSpec("x86", Platform.Of(("arch", "x86"), ("os", "linux"))));
        farm.Link("a", cpus: 9, pool: "arm", platform: Platform.Of(("arch", "arm"), ("os", "linux"), ("gpu", "no")));
        farm.Link("x", cpus: 1, pool: "x86", platform: Platform.Of(("arch", "x86"), ("os", "linux")));

        farm.SubmitQueued("j", On(("arch", "x86")), On(("arch", "arm")) with { Name = "b" }, On(("os", "linux")) with { Name = "c" });

        Assert.Equal([Id("j", 1), Id("j", 2)], farm.Assigned("a"));
        Assert.Equal([Id("j", 0)], farm.Assigned("x"));
    }

    [Fact]
    public void Place_OneCommand_NeverGivesAShareTwice()
    {
        var farm = new Farm();
        farm.SubmitQueued("j", [.. Enumerable.Range(0, 20).Select(i => Task($"t{i}"))]);

        farm.Link("w", cpus: 8, memory: 5 * GiB);

        Assert.Equal(5, farm.Assigned("w").Length);
    }

    [Fact]
    public void Place_SmallerBehindABigOne_StartsMeanwhile()
    {
        var farm = new Farm();
        farm.Link("w", cpus: 4);
        farm.SubmitQueued("j", Task("runs"), Sized("big", 4, 1), Task("small"));

        Assert.Equal([Id("j", 0), Id("j", 2)], farm.Assigned("w"));
    }

    [Fact]
    public void Place_NamedResource_IsHeldAndComesBack()
    {
        var farm = new Farm();
        LinkWithGpus(farm, "w", gpus: 1);
        farm.SubmitQueued("j", OnGpus("a", 1), OnGpus("b", 1), Task("c"));

        Assert.Equal([Id("j", 0), Id("j", 2)], farm.Assigned("w"));
        Assert.Equal("gpu=1", farm.InUse("w").Named.ToString());
        Assert.Equal("waits for gpu 1 in pool default: w has 0 free; a holds the rest", farm.State.Explain(Id("j", 1)));

        farm.Complete(Id("j", 0));

        Assert.Equal([Id("j", 2), Id("j", 1)], farm.Assigned("w"));
        farm.Complete(Id("j", 1));
        Assert.True(farm.InUse("w").Named.IsEmpty);
    }

    [Fact]
    public void Place_NamedResource_GoesOnlyWhereItIs()
    {
        var farm = new Farm(null, new PoolSpec("default", Platform.Empty) { LargestWorker = new Resources(8000, 8 * GiB) { Named = Gpus(4) } });
        farm.Link("plain", cpus: 8);
        farm.SubmitQueued("j", OnGpus("a", 2));
        Assert.Equal("no worker now in pool default has gpu 2; the largest has 0", farm.State.Explain(Id("j")));

        LinkWithGpus(farm, "w", gpus: 2);

        Assert.Equal([Id("j")], farm.Assigned("w"));
    }

    [Fact]
    public void Submit_MoreOfANamedResourceThanAnyWorkerHas_IsRefused()
    {
        var farm = new Farm();
        LinkWithGpus(farm, "w", gpus: 1);

        var refused = Assert.Single(farm.Submit("j", OnGpus("a", 2)).OfType<SubmitRefused>());

        Assert.Equal(
            (RefusalKind.Impossible, "no pool can run task 'a': it asks for gpu 2, and the largest worker of pool 'default' has 1"),
            (refused.Kind, refused.Reason));
    }

    [Theory]
    [InlineData("GPU", 1)]
    [InlineData("", 1)]
    [InlineData("memory", 1)]
    [InlineData("gpu", -1)]
    public void Submit_NamedResourceThatCannotBe_IsRefused(string name, long amount)
    {
        var task = Task("a") with { Resources = new Resources(1000, GiB) { Named = NamedAmounts.Of([KeyValuePair.Create(name, amount)]) } };

        Assert.Equal(RefusalKind.Malformed, Assert.Single(new Farm().Submit("j", task).OfType<SubmitRefused>()).Kind);
    }

    [Fact]
    public void Place_BigTaskOvertakenTooOften_GetsAWorkerKeptFree()
    {
        var farm = new Farm(new SchedulerOptions { OvertakenLimit = 5 });
        farm.Link("w", cpus: 2);
        farm.SubmitQueued("small", [.. Enumerable.Range(0, 2).Select(i => Task($"t{i}"))]);
        farm.Submit(new JobSpec("big", [Sized("big", 2, 1)]) { Priority = 1 });
        farm.Queue(Id("big"));

        var overtaking = 0;
        while (farm.State.FindTask(Id("big"))!.Phase == TaskPhase.Queued)
        {
            // There is always another small task, and never a moment with both CPUs free by itself.
            farm.SubmitQueued($"more{overtaking}", Task("a"));
            farm.Complete(farm.Assigned("w")[0]);
            Assert.True(overtaking++ < 20, "the big task starves");
        }

        Assert.Contains(farm.Events, e => e is WorkerReserved);
        Assert.Equal([Id("big")], farm.Assigned("w"));
        farm.Complete(Id("big"));
        Assert.Equal(2, farm.Assigned("w").Length);
    }

    [Fact]
    public void Reservation_TaskCancelled_OpensTheWorkerAgain()
    {
        var farm = new Farm(new SchedulerOptions { OvertakenLimit = 0 });
        farm.Link("w", cpus: 2);
        farm.SubmitQueued("j", Task("a"));
        farm.Submit(new JobSpec("big", [Sized("big", 2, 1)]) { Priority = 1 });
        farm.Queue(Id("big"));
        farm.SubmitQueued("k", Task("b"));
        Assert.Single(farm.Assigned("w"));
        Assert.EndsWith("; w is kept free for it", farm.State.Explain(Id("big")), StringComparison.Ordinal);

        farm.Run(new CancelJob(new JobId("big"), ""));

        Assert.Equal([Id("j"), Id("k")], farm.Assigned("w"));
    }

    [Fact]
    public void Reservation_PoolsDeclaredAnew_IsGivenUp()
    {
        var farm = new Farm(new SchedulerOptions { OvertakenLimit = 0 });
        farm.Link("w", cpus: 2);
        farm.SubmitQueued("j", Task("a"));
        farm.Submit(new JobSpec("big", [Sized("big", 2, 1)]) { Priority = 1 });
        farm.Queue(Id("big"));
        farm.SubmitQueued("k", Task("b"));

        farm.Run(new DeclarePools([new PoolSpec("other", Platform.Empty)]));
        farm.Complete(Id("j"));

        Assert.Empty(farm.Assigned("w"));
        Assert.Equal("pool other has no worker: it waits until one comes with cpu 1 and memory 1 GiB", farm.State.Explain(Id("k")));
    }

    [Fact]
    public void DeclarePools_SameAgain_ChangesNothing()
    {
        var farm = new Farm();
        var events = farm.Events.Count;

        farm.Run(new DeclarePools([new PoolSpec("default", Platform.Empty)]));

        Assert.Equal(events, farm.Events.Count);
    }

    [Fact]
    public void DeclarePools_NewPool_TakesWhatWaits()
    {
        var farm = new Farm();
        farm.SubmitQueued("j", Task("a"));
        farm.Run(new DeclarePools([new PoolSpec("default", Platform.Empty), new PoolSpec("more", Platform.Empty)]));

        farm.Link("w", pool: "more");

        Assert.Equal([Id("j")], farm.Assigned("w"));
        Assert.Equal([("default", 0), ("more", 1)], farm.State.Pools().Select(p => (p.Spec.Name, p.Workers)));
    }

    [Fact]
    public void DesiredStateChanged_ManyPlacementsOfOneCommand_IsToldOnce()
    {
        var farm = new Farm();
        farm.SubmitQueued("j", Task("a"), Task("b"), Task("c"));

        Assert.Single(farm.Link("w", cpus: 3).OfType<DesiredStateChanged>());
    }

    private static TaskSpec Sized(string name, int cpus, int gibibytes) =>
        Task(name) with { Resources = new Resources(cpus * 1000L, gibibytes * GiB) };

    private static TaskSpec On(params (string, string)[] platform) => Task("a") with { Platform = Platform.Of(platform) };

    private static NamedAmounts Gpus(long count) => NamedAmounts.Of([KeyValuePair.Create("gpu", count)]);

    private static TaskSpec OnGpus(string name, long count) => Task(name) with { Resources = new Resources(1000, GiB) { Named = Gpus(count) } };

    private static void LinkWithGpus(Farm farm, string worker, long gpus) => farm.Run(new WorkerLinked(
        new WorkerId(worker), "1", new WorkerOffer("default", Platform.Empty, new Resources(8000, 8 * GiB) { Named = Gpus(gpus) })));
}
