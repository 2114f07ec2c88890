using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;
using static BuildFarm.Scheduling.Tests.Parents;

namespace BuildFarm.Scheduling.Tests;

/// <summary>Tasks whose compiles are tasks.</summary>
public sealed class ParentTests
{
    [Fact]
    public void Parent_ThatWaits_LendsItsCpuAndKeepsItsMemory()
    {
        var farm = new Farm();
        var parent = Parent(farm);

        Child(farm, parent, "c");
        Assert.Null(farm.State.FindTask(Id("c"))!.Worker);
        Wait(farm, parent, 1, "c");

        Assert.Equal([Id("p"), Id("c")], farm.Assigned("w1"));
        Assert.Equal(new Resources(1000, 2 * GiB), farm.InUse("w1"));
        Assert.Equal("runs on w1, attempt 1, and lends its CPU to children while it waits for c", farm.State.Explain(Id("p")));
    }

    [Fact]
    public void Parent_WhoseChildHasFinished_GoesOnWithItsCpu()
    {
        var farm = new Farm();
        var parent = Parent(farm);
        Child(farm, parent, "c");
        Wait(farm, parent, 1, "c");

        farm.Complete(Id("c"));

        Assert.Equal(new ChildWaitAnswered(parent, 1, ChildAnswer.Finished), Assert.Single(farm.Effects.OfType<ChildWaitAnswered>()));
        Assert.Equal(1000, farm.InUse("w1").CpuMillis);
        farm.Complete(Id("p"));
        Assert.Equal(Outcome.Success, farm.Finished(Id("p")).Outcome);
    }

    [Fact]
    public void LentCpu_IsForChildrenAlone()
    {
        var farm = new Farm();
        var parent = Parent(farm);
        farm.SubmitQueued("other", Task("other") with { Priority = 100 });
        Child(farm, parent, "c");
        Wait(farm, parent, 1, "c");

        Assert.Equal([Id("p"), Id("c")], farm.Assigned("w1"));
    }

    [Fact]
    public void Parent_WhoseCpuIsInUse_GoesOnWhenItIsBack()
    {
        var farm = new Farm();
        var first = Parent(farm);
        Child(farm, first, "c1");
        Child(farm, first, "c2");
        Wait(farm, first, 1, "c1");
        Assert.Equal([Id("p"), Id("c1")], farm.Assigned("w1"));

        farm.Run(new CancelJob(new JobId("c1"), ""));
        Assert.Empty(farm.Effects.OfType<ChildWaitAnswered>());
        farm.Report("w1", Farm.Running(first));

        Assert.Equal(ChildAnswer.Finished, Assert.Single(farm.Effects.OfType<ChildWaitAnswered>()).Answer);
        Assert.Equal([Id("p")], farm.Assigned("w1"));
    }

    [Fact]
    public void Child_ThatDoesNotStart_IsLeftToItsParent()
    {
        var farm = new Farm();
        farm.Link("w1", memory: 2 * GiB);
        var parent = Running(farm, Small with { Resources = new Resources(1000, 2 * GiB) });
        Child(farm, parent, "c");
        Wait(farm, parent, 1, "c");

        farm.Pass(Bound + TimeSpan.FromSeconds(1));

        Assert.Equal(ChildAnswer.RunLocally, Assert.Single(farm.Effects.OfType<ChildWaitAnswered>()).Answer);
        Assert.Equal((Outcome.Cancelled, "cancelled: nothing of it ran for 5 s: its parent does it"), (farm.Finished(Id("c")).Outcome, farm.Finished(Id("c")).Message));
        Assert.Equal(1000, farm.InUse("w1").CpuMillis);
    }

    [Fact]
    public void Child_ThatRunsLongerThanTheBound_IsWaitedFor()
    {
        var farm = new Farm();
        var parent = Parent(farm);
        Child(farm, parent, "c");
        Wait(farm, parent, 1, "c");

        farm.Pass(TimeSpan.FromSeconds(20));

        Assert.Empty(farm.Effects.OfType<ChildWaitAnswered>());
        Assert.Equal(TaskPhase.Running, farm.State.FindTask(Id("c"))!.Phase);
    }

    [Fact]
    public void Slots_ThatAllHoldParents_DoNotDeadlock()
    {
        var farm = new Farm();
        farm.Link("w1", memory: 2 * GiB, cpus: 2);
        var parents = new List<Lease>();
        farm.SubmitQueued("p0", Small);
        farm.SubmitQueued("p1", Small);
        for (var i = 0; i < 2; i++)
        {
            parents.Add(farm.LeaseOf(Id($"p{i}")));
            Child(farm, parents[i], $"c{i}");
            Wait(farm, parents[i], i, $"c{i}");
        }

        // Their memory is all there is: no child can ever start.
        farm.Pass(Bound + TimeSpan.FromSeconds(1));

        Assert.Equal([ChildAnswer.RunLocally, ChildAnswer.RunLocally], farm.Effects.OfType<ChildWaitAnswered>().Select(e => e.Answer));
        farm.Run(new EndWait(parents[0], 0));
        farm.Run(new EndWait(parents[1], 1));
        farm.Complete(Id("p0"));
        farm.Complete(Id("p1"));
        Assert.Empty(farm.State.Jobs());
    }

    [Fact]
    public void Child_ThatMergedIntoItsParent_IsLeftToTheParent()
    {
        var farm = new Farm();
        farm.Link("w1");
        farm.SubmitQueued("p", Small);
        var parent = farm.LeaseOf(Id("p"));
        farm.Submit(new JobSpec("c", [Small]) { Parent = parent });
        farm.Resolve(Id("c"), "p/0");
        Wait(farm, parent, 1, "c");

        farm.Pass(Bound + TimeSpan.FromSeconds(1));

        Assert.Equal(ChildAnswer.RunLocally, Assert.Single(farm.Effects.OfType<ChildWaitAnswered>()).Answer);
        Assert.Equal(TaskPhase.Running, farm.State.FindTask(Id("p"))!.Phase);
    }

    [Fact]
    public void Child_HasThePriorityAndSubmitterOfItsParent_AndGoesFirst()
    {
        var farm = new Farm();
        farm.Link("w1", cpus: 2);
        farm.Submit(new JobSpec("p", [Small]) { Priority = 7, Submitter = "me" });
        farm.Queue(Id("p"));
        var parent = farm.LeaseOf(Id("p"));
        farm.SubmitQueued("busy", Task("busy"));
        farm.Submit(new JobSpec("new", [Small]) { Priority = 7, Submitter = "you" });
        farm.Queue(Id("new"));
        farm.Submit(new JobSpec("c", [Small]) { Parent = parent, Priority = -900, Submitter = "x" });
        farm.Queue(Id("c"));

        Assert.Equal((7, "me"), (farm.State.FindJob(new JobId("c"))!.Spec.Priority, farm.State.FindJob(new JobId("c"))!.Spec.Submitter));
        farm.Complete(Id("busy"));

        Assert.Equal([Id("p"), Id("c")], farm.Assigned("w1"));
    }

    [Theory]
    [InlineData("lost")]
    [InlineData("cancelled")]
    [InlineData("finished")]
    public void Children_OfAParentThatEnded_AreCancelledUnlessOthersWait(string how)
    {
        var farm = new Farm();
        var parent = Parent(farm, cpus: 2);
        Child(farm, parent, "alone");
        Child(farm, parent, "shared");
        farm.Submit("other", Small);
        farm.Resolve(Id("other"), "shared/0");
        Wait(farm, parent, 1, "alone");
        Wait(farm, parent, 2, "shared");
        switch (how)
        {
            case "lost": farm.Report("w1", [Done(parent, Outcome.Infrastructure), .. farm.Desired("w1").Assignments.Skip(1).Select(a => Farm.Running(a.Lease))]); break;
            case "cancelled": farm.Run(new CancelJob(new JobId("p"), "")); break;
            default: farm.Complete(Id("p")); break;
        }

        Assert.Equal(Outcome.Cancelled, farm.Finished(Id("alone")).Outcome);
        Assert.Equal(Outcome.Cancelled, farm.Finished(Id("shared")).Outcome);
        Assert.Equal(TaskPhase.Running, farm.State.FindTask(Id("other"))!.Phase);
        Assert.All(farm.Effects.OfType<ChildWaitAnswered>(), e => Assert.Equal(ChildAnswer.ParentEnded, e.Answer));
        Assert.Equal(2, farm.Effects.OfType<ChildWaitAnswered>().Count());
    }

    [Fact]
    public void Job_OfAParentThatDoesNotRun_IsRefused()
    {
        var farm = new Farm();
        var refused = Assert.IsType<SubmitRefused>(Assert.Single(farm.Submit(new JobSpec("c", [Small]) { Parent = new Lease(new ExecutionId(9), 1) })));

        Assert.Equal(RefusalKind.NotFound, refused.Kind);
        Assert.Contains("e9#1", refused.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("c", ChildAnswer.Finished)]
    [InlineData("stranger", ChildAnswer.NotAChild)]
    public void Wait_ThatIsDecidedAlready_IsAnsweredAtOnce(string child, ChildAnswer answer)
    {
        var farm = new Farm();
        var parent = Parent(farm);
        farm.Submit("stranger", Small);

        Wait(farm, parent, 1, child);

        Assert.Equal(answer, Assert.Single(farm.Effects.OfType<ChildWaitAnswered>()).Answer);
        Wait(farm, parent with { Epoch = 2 }, 2, child);
        Assert.Equal(ChildAnswer.ParentEnded, farm.Effects.OfType<ChildWaitAnswered>().Last().Answer);
    }

    [Fact]
    public void Coordinator_ThatComesBack_GivesWaitingParentsTheirCpuUntilTheyAskAgain()
    {
        var farm = new Farm();
        var parent = Parent(farm);
        Child(farm, parent, "c");
        Wait(farm, parent, 1, "c");
        farm.Restart();
        farm.Link("w1");
        Assert.Equal([Id("p"), Id("c")], farm.Assigned("w1"));

        Wait(farm, parent, 2, "c");
        farm.Complete(Id("c"));

        Assert.Contains(new ChildWaitAnswered(parent, 2, ChildAnswer.Finished), farm.Effects);
        Assert.Equal(1000, farm.InUse("w1").CpuMillis);
    }
}
