using BuildFarm.Scheduling.Commands;
using Xunit;
using static BuildFarm.Scheduling.Tests.Explanations.Waits;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests.Explanations;

/// <summary>It is the first of its kind, and no worker has room, or keeps it.</summary>
public sealed class RoomTests
{
    [Fact]
    [Trait("Wait", nameof(WaitReason.Room))]
    public void Cpu_ThatIsShort_IsNamedWithWhoHoldsIt()
    {
        var farm = new Farm();
        farm.Link("w", cpus: 4, memory: 64 * GiB);
        farm.SubmitQueued("j", Sized("a", 2, 1), Sized("b", 1, 9), Sized("big", 3, 1));

        AssertWaits(farm, Id("j", 2), WaitReason.Room, "waits for cpu 3 in pool default: w has 1 free; a and b hold the rest");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.Room))]
    public void Memory_ThatIsShort_IsNamedWithWhoHoldsMostOfIt()
    {
        var farm = new Farm();
        farm.Link("w", cpus: 8, memory: 16 * GiB);
        farm.SubmitQueued("j", Sized("a", 1, 1), Sized("b", 1, 9), Sized("c", 1, 2));
        var big = Ask(farm, "k", Sized("big", 1, 8));

        AssertWaits(farm, big, WaitReason.Room, "waits for memory 8 GiB in pool default: w has 4 GiB free; b of job j, c of job j and 1 more hold the rest");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.Room))]
    public void NamedResource_ThatIsShort_IsNamedWithWhoHoldsIt()
    {
        var farm = new Farm();
        var gpus = NamedAmounts.Of([KeyValuePair.Create("gpu", 1L)]);
        farm.Run(new WorkerLinked(new WorkerId("w"), "1", new WorkerOffer("default", Platform.Empty, new Resources(8000, 8 * GiB) { Named = gpus })));
        farm.SubmitQueued("j", Task("plain"), Task("a") with { Resources = new Resources(1000, GiB) { Named = gpus } });
        var second = Ask(farm, "k", Task("b") with { Resources = new Resources(1000, GiB) { Named = gpus } });

        AssertWaits(farm, second, WaitReason.Room, "waits for gpu 1 in pool default: w has 0 free; a of job j holds the rest");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.Room))]
    public void Workers_ThatAreAllTooFull_AreCountedAndTheClosestIsNamed()
    {
        var farm = new Farm();
        farm.Link("w1", cpus: 4, memory: 64 * GiB);
        farm.SubmitQueued("j", Sized("a", 3, 1));
        farm.Link("w2", cpus: 4, memory: 64 * GiB);
        farm.SubmitQueued("k", Sized("b", 2, 1));
        farm.Link("w3", cpus: 2);
        var big = Ask(farm, "l", Sized("big", 4, 1));

        AssertWaits(farm, big, WaitReason.Room, "waits for cpu 4 in pool default: of 2 workers w2 is the closest, with 2 free; b of job k holds the rest");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.Room))]
    public void Attempt_ThatIsBeingEnded_StillHoldsItsRoom()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"), Task("b"));
        farm.Run(new CancelTasks(new JobId("j"), [0], ""));

        AssertWaits(farm, Id("j", 1), WaitReason.Room, "waits for cpu 1 in pool default: w has 0 free; attempt e1#1 (being ended) holds the rest");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.KeptFree))]
    public void Room_ThatIsKeptForABigTask_SaysForWhich()
    {
        var farm = new Farm(new SchedulerOptions { OvertakenLimit = 1 });
        farm.Link("w", cpus: 2);
        farm.SubmitQueued("j", Task("a"));
        var big = Ask(farm, "big", Sized("big", 2, 1), priority: 1);
        farm.SubmitQueued("k", Task("b"), Task("c"));
        farm.Complete(Id("k"));

        AssertWaits(farm, Id("k", 1), WaitReason.KeptFree, "w has room, and is kept free for big of job big, which 1 others overtook; 1 of other kinds goes first: 1 of higher priority");
        AssertWaits(farm, big, WaitReason.Room, "waits for cpu 2 in pool default: w has 1 free; a of job j holds the rest; w is kept free for it");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.Isolated))]
    public void Room_BesideASuspectThatRunsAlone_IsForNobody()
    {
        var farm = new Farm(new SchedulerOptions { TaskQuarantineWorkers = 2 });
        farm.SubmitQueued("j", Task("suspect"));
        farm.Link("w1");
        Lose(farm, "w1");
        farm.Link("w2", cpus: 3);
        farm.SubmitQueued("k", Task("a"));

        AssertWaits(farm, Id("k"), WaitReason.Isolated, "w2 has room, and runs nothing beside suspect of job j, which may kill workers");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.RunsAlone))]
    public void Suspect_WhileOthersRun_WaitsForAWorkerOfItsOwn()
    {
        var farm = new Farm(new SchedulerOptions { TaskQuarantineWorkers = 2 });
        farm.Link("w1");
        farm.SubmitQueued("j", Task("suspect"));
        farm.Link("w2", cpus: 2);
        farm.SubmitQueued("k", Task("a"));
        Lose(farm, "w1");

        AssertWaits(
            farm,
            Id("j"),
            WaitReason.RunsAlone,
            "attempt 2, because worker w1 was lost: waits for a worker of its own in pool default, because w1 was lost while they ran it; w2 still runs a of job k");
    }

    [Fact]
    public void Workers_ThatItKeepsAwayFrom_AreNamed()
    {
        var farm = new Farm();
        farm.Link("w1");
        farm.SubmitQueued("j", Task("a") with { Retries = 1 });
        farm.Link("w2");
        farm.SubmitQueued("k", Task("b"));
        farm.Complete(Id("j"), Outcome.Failure, 1, "exit 1");

        AssertWaits(
            farm,
            Id("j"),
            WaitReason.Room,
            "attempt 2, because exit 1: waits for cpu 1 in pool default: w2 has 0 free; b of job k holds the rest; it keeps away from w1 while others can run it");
    }
}
