using BuildFarm.Scheduling.Commands;
using Xunit;
using static BuildFarm.Scheduling.Tests.Explanations.Waits;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests.Explanations;

/// <summary>No worker could run it even if nothing else were there.</summary>
public sealed class PoolTests
{
    [Fact]
    [Trait("Wait", nameof(WaitReason.NoPool))]
    public void Pools_DeclaredAnewWithoutItsPlatform_AreNamedWithWhatTheyHave()
    {
        var farm = new Farm(null, new PoolSpec("arm", Platform.Of(("arch", "arm"))), new PoolSpec("any", Platform.Empty));
        farm.SubmitQueued("j", Task("a") with { Platform = Platform.Of(("arch", "arm")) });

        farm.Run(new DeclarePools([new PoolSpec("any", Platform.Empty), new PoolSpec("x86", Platform.Of(("arch", "x86")))]));
        AssertWaits(farm, Id("j"), WaitReason.NoPool, "no declared pool offers arch=arm any more: pool any has no arch and pool x86 has arch=x86");

        farm.Run(new DeclarePools([]));
        AssertWaits(farm, Id("j"), WaitReason.NoPool, "no pool is declared any more");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.NoWorker))]
    public void Pool_ThatIsEmpty_AsksForAWorkerThatIsLargeEnough()
    {
        var farm = new Farm();
        farm.SubmitQueued("j", Sized("a", 2, 3) with { Resources = new Resources(2000, 3 * GiB) { Named = NamedAmounts.Of([KeyValuePair.Create("gpu", 1L)]) } });

        AssertWaits(
            farm, Id("j"), WaitReason.NoWorker, "pool default has no worker: it waits until one comes with cpu 2 and memory 3 GiB and gpu=1");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.WorkersOutOfService))]
    public void Workers_ThatAreLost_AreCounted()
    {
        var farm = new Farm();
        farm.Link("w1");
        farm.Link("w2");
        Lose(farm, "w1");
        farm.Unlink("w2");
        farm.SubmitQueued("j", Task("a"));
        AssertWaits(farm, Id("j"), WaitReason.WorkersOutOfService, "no worker of pool default takes work: w2 is not connected, 1 is lost");

        farm.Pass(TimeSpan.FromSeconds(11));
        AssertWaits(farm, Id("j"), WaitReason.WorkersOutOfService, "no worker of pool default takes work: 2 are lost");

        farm.Pass(farm.Options.LostWorkerMemory + TimeSpan.FromSeconds(11));
        AssertWaits(farm, Id("j"), WaitReason.NoWorker, "pool default has no worker: it waits until one comes with cpu 1 and memory 1 GiB");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.WorkersOutOfService))]
    public void Workers_ThatDrain_AreCounted()
    {
        var farm = new Farm();
        foreach (var worker in new[] { "w1", "w2", "w3" })
        {
            farm.Link(worker);
            farm.Drain(worker);
        }

        farm.SubmitQueued("j", Task("a"));

        AssertWaits(farm, Id("j"), WaitReason.WorkersOutOfService, "no worker of pool default takes work: 3 are draining");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.WorkersOutOfService))]
    public void Worker_InQuarantine_SaysForHowLongAndWhy()
    {
        var farm = new Farm(new SchedulerOptions { WorkerQuarantineFailures = 1 });
        farm.Link("bad");
        farm.SubmitQueued("j", Task("a"), Task("b"));
        farm.Link("good");
        farm.Complete(farm.Assigned("bad")[0], Outcome.Infrastructure, message: "no runtime");
        farm.Drain("good");
        var waiting = farm.State.TasksOf(new JobId("j")).First(task => task.Phase == TaskPhase.Queued);

        AssertWaits(
            farm,
            waiting.Id,
            WaitReason.WorkersOutOfService,
            "attempt 2, because no runtime: no worker of pool default takes work: good is draining, "
            + "bad is in quarantine for 10 min since 01:00 UTC: it failed a task; the last: no runtime");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.WorkersOutOfService))]
    public void Worker_ThatWasEvicted_SaysWhatItHasNotEnded()
    {
        var farm = new Farm(new SchedulerOptions { KillGrace = TimeSpan.FromSeconds(20) });
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"), Task("b"));
        var lease = farm.LeaseOf(Id("j"));
        farm.Run(new CancelTasks(new JobId("j"), [0], ""));
        farm.Report("w", Running(lease));
        farm.Pass(TimeSpan.FromSeconds(21));

        AssertWaits(
            farm,
            Id("j", 1),
            WaitReason.WorkersOutOfService,
            "no worker of pool default takes work: w is out of service until it has ended what it ran, because e1#1 was to end and has not for 20 s");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.WorkersTooSmall))]
    public void Workers_ThatAreTooSmall_SayWhatTheLargestHasAndWhoElseHad()
    {
        var farm = new Farm();
        farm.Link("large", memory: 64 * GiB);
        farm.Link("small", memory: 2 * GiB);
        farm.Submit("j", Sized("a", 1, 32));
        farm.Drain("large");
        farm.Queue(Id("j"));

        AssertWaits(
            farm, Id("j"), WaitReason.WorkersTooSmall, "no worker now in pool default has memory 32 GiB; the largest has 2 GiB; large, which has, is draining");
        Lose(farm, "large");
        AssertWaits(farm, Id("j"), WaitReason.WorkersTooSmall, "no worker now in pool default has memory 32 GiB; the largest has 2 GiB");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.WorkersTooSmall))]
    public void Workers_OfWhichNoneHasAllOfIt_SaySo()
    {
        var farm = new Farm(null, new PoolSpec("default", Platform.Empty) { LargestWorker = new Resources(8000, 8 * GiB) });
        farm.Link("much-cpu", cpus: 8, memory: GiB);
        farm.Link("much-memory", cpus: 1, memory: 8 * GiB);
        farm.SubmitQueued("j", Sized("a", 4, 4));

        AssertWaits(farm, Id("j"), WaitReason.WorkersTooSmall, "no one worker now in pool default has cpu 4 and memory 4 GiB together");
    }

    [Fact]
    public void Pools_ThatLackDifferentThings_SayEach()
    {
        var farm = new Farm(null, new PoolSpec("big", Platform.Empty), new PoolSpec("small", Platform.Empty));
        farm.Link("s", cpus: 1, pool: "small");
        farm.SubmitQueued("j", Sized("a", 2, 1));

        AssertWaits(
            farm,
            Id("j"),
            WaitReason.NoWorker,
            "pool big has no worker: it waits until one comes with cpu 2 and memory 1 GiB; no worker now in pool small has cpu 2; the largest has 1");
    }
}
