using BuildFarm.Scheduling.Commands;
using Xunit;
using static BuildFarm.Scheduling.Tests.Explanations.Waits;
using static BuildFarm.Scheduling.Tests.Farm;
using static BuildFarm.Scheduling.Tests.Parents;

namespace BuildFarm.Scheduling.Tests.Explanations;

/// <summary>It runs, and its process waits; or parents that wait are in the way.</summary>
public sealed class RunTests
{
    [Fact]
    [Trait("Wait", nameof(WaitReason.Child))]
    public void Parent_ThatWaitsForChildren_NamesThem()
    {
        var farm = new Farm();
        var parent = Parent(farm);
        Child(farm, parent, "c1");
        Child(farm, parent, "c2");
        Wait(farm, parent, 1, "c1");
        AssertWaits(farm, Id("p"), WaitReason.Child, "runs on w1, attempt 1, and lends its CPU to children while it waits for c1");

        Wait(farm, parent, 2, "c2");
        AssertWaits(farm, Id("p"), WaitReason.Child, "runs on w1, attempt 1, and lends its CPU to children while it waits for c1 and 1 more");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.CpuBack))]
    public void Parent_ThatWantsItsCpuBack_SaysWhoHasIt()
    {
        var farm = new Farm();
        var first = Parent(farm);
        Child(farm, first, "c1");
        Child(farm, first, "c2");
        Wait(farm, first, 1, "c2");

        farm.Run(new EndWait(first, 1));

        AssertWaits(farm, Id("p"), WaitReason.CpuBack, "runs on w1, attempt 1, and waits until make of job c1 on w1 gives its CPU back");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.ParentsResume))]
    public void Room_OnAWorkerWhereAParentWantsItsCpuBack_IsForTheParent()
    {
        var farm = new Farm();
        var first = Parent(farm, cpus: 2);
        farm.Submit(new JobSpec("c", [Small with { Resources = new Resources(1000, GiB) }]) { Parent = first });
        farm.Queue(Id("c"));
        Wait(farm, first, 1, "c");
        farm.Submit(new JobSpec("late", [Task("late") with { Resources = new Resources(1000, GiB) }]) { Parent = first });

        farm.Run(new EndWait(first, 1));
        farm.Queue(Id("late"));

        AssertWaits(
            farm, Id("late"), WaitReason.ParentsResume, "w1 starts nothing until make of job p has the CPU back that it lent to its children");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.LentCpu))]
    public void Cpu_ThatIsLentToChildren_IsNotForOthers()
    {
        var farm = new Farm();
        farm.Link("w2", memory: GiB);
        farm.SubmitQueued("full", Task("full"));
        var parent = Parent(farm);
        Child(farm, parent, "c");
        farm.SubmitQueued("other", Task("other"));
        Wait(farm, parent, 1, "c");
        farm.Complete(Id("c"));
        farm.Submit(new JobSpec("c2", [Small]) { Parent = parent });
        Wait(farm, parent, 2, "c2");

        AssertWaits(
            farm, Id("other"), WaitReason.LentCpu, "waits for cpu 1 in pool default: what w1 has free make of job p lends to its children alone");
    }

    [Fact]
    public void Parent_ThatDoesTheWorkItself_SaysSo()
    {
        var farm = new Farm();
        farm.Link("w1", memory: 2 * GiB);
        var parent = Parents.Running(farm, Small with { Resources = new Resources(1000, 2 * GiB) });
        Child(farm, parent, "c");
        Wait(farm, parent, 1, "c");
        farm.Pass(Bound + TimeSpan.FromSeconds(1));

        AssertWaits(farm, Id("p"), WaitReason.None, "runs on w1, attempt 1, and does itself what its children did not");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.WorkerAway))]
    public void Worker_ThatIsNotConnected_IsSaidWithWhatFollows()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));
        farm.Unlink("w");

        AssertWaits(
            farm,
            Id("j"),
            WaitReason.WorkerAway,
            "runs on w, attempt 1; w is not connected: the task goes on when it is back, and runs again elsewhere when it stays away");
    }
}
