using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;
using static BuildFarm.Scheduling.Tests.Parents;

namespace BuildFarm.Scheduling.Tests;

/// <summary>How much of its CPU a parent lends while it waits.</summary>
public sealed class LendingTests
{
    [Fact]
    public void Waits_OfHalfACpuEach_LendThatMuch()
    {
        var farm = new Farm();
        var parent = Parent(farm);
        Child(farm, parent, "c1");
        Child(farm, parent, "c2");

        farm.Run(new WaitForChild(parent, 1, new JobId("c1"), 500, Bound));
        Assert.Equal(500, farm.InUse("w1").CpuMillis);
        farm.Run(new WaitForChild(parent, 2, new JobId("c2"), 500, Bound));

        Assert.Equal([Id("p"), Id("c1")], farm.Assigned("w1"));
        farm.Run(new EndWait(parent, 2));
        Assert.Equal(1000, farm.InUse("w1").CpuMillis);
    }

    /// <summary>A call that broke is made again before the coordinator notices that the first is over.</summary>
    [Fact]
    public void Waits_ForOneChild_LendOnce()
    {
        var farm = new Farm();
        var parent = Parent(farm);
        Child(farm, parent, "c");

        farm.Run(new WaitForChild(parent, 1, new JobId("c"), 400, Bound));
        farm.Run(new WaitForChild(parent, 2, new JobId("c"), 300, Bound));
        Assert.Equal(600, farm.InUse("w1").CpuMillis);

        farm.Run(new EndWait(parent, 1));
        Assert.Equal(700, farm.InUse("w1").CpuMillis);
    }

    [Fact]
    public void WhatAParentDoesItself_IsNotLentForAnUnnoticedWait()
    {
        var farm = new Farm();
        farm.Link("w1", memory: 2 * GiB);
        var parent = Running(farm, Small with { Resources = new Resources(1000, 2 * GiB) });
        Child(farm, parent, "c");

        farm.Run(new WaitForChild(parent, 1, new JobId("c"), 500, Bound));
        farm.Run(new WaitForChild(parent, 2, new JobId("c"), 500, Bound));
        Assert.Equal(500, farm.InUse("w1").CpuMillis);
        farm.Pass(Bound + TimeSpan.FromSeconds(1));

        Assert.Equal(1000, farm.InUse("w1").CpuMillis);
    }

    [Fact]
    public void WhatAParentDoesItself_IsNotLent()
    {
        var farm = new Farm();
        farm.Link("w1", memory: 2 * GiB);
        var parent = Running(farm, Small with { Resources = new Resources(1000, 2 * GiB) });
        Child(farm, parent, "c1");
        Child(farm, parent, "c2");
        Wait(farm, parent, 1, "c1");
        farm.Pass(Bound + TimeSpan.FromSeconds(1));

        Wait(farm, parent, 2, "c2");
        Assert.Equal(1000, farm.InUse("w1").CpuMillis);
        farm.Run(new EndWait(parent, 1));

        Assert.Equal(0, farm.InUse("w1").CpuMillis);
    }

    /// <summary>Each holds what the other one wants: the one that wants less goes first, and the other one when it has ended.</summary>
    [Fact]
    public void Parents_ThatLentPartsOfTheirCpu_DoNotWaitForOneAnother()
    {
        var farm = new Farm();
        farm.Link("w1");
        var first = Running(farm, Small);
        Child(farm, first, "c");
        Wait(farm, first, 1, "c");
        var second = farm.LeaseOf(Id("c"));
        Child(farm, second, "g");
        farm.Run(new WaitForChild(second, 2, new JobId("g"), 500, Bound));
        farm.Run(new EndWait(first, 1));

        farm.Run(new EndWait(second, 2));

        Assert.Contains(new ChildWaitAnswered(second, 2, ChildAnswer.Gone), farm.Effects);
        Assert.DoesNotContain(farm.Effects.OfType<ChildWaitAnswered>(), answer => answer.Parent == first);
        farm.Complete(Id("c"));
        Assert.Contains(farm.Effects.OfType<ChildWaitAnswered>(), answer => answer.Parent == first);
    }

    /// <summary>What is free would do for the first, and then neither could have the rest.</summary>
    [Fact]
    public void Cpu_ThatWouldLeaveTwoParentsShort_IsKeptForTheOneThatCanEnd()
    {
        var farm = new Farm();
        var (first, second) = Lenders(farm);
        Child(farm, second, "g1");
        Child(farm, second, "g2");
        farm.Run(new WaitForChild(second, 3, new JobId("g1"), 500, Bound));
        farm.Run(new WaitForChild(second, 4, new JobId("g2"), 500, Bound));
        farm.Run(new EndWait(second, 3));
        Assert.Equal(500, farm.InUse("w1").CpuMillis);

        farm.Run(new EndWait(first, 1));

        Assert.DoesNotContain(farm.Effects.OfType<ChildWaitAnswered>(), answer => answer.Parent == first);
        farm.Run(new EndWait(second, 4));
        Assert.Contains(new ChildWaitAnswered(second, 4, ChildAnswer.Gone), farm.Effects);
        farm.Complete(Id("c"));
        Assert.Contains(new ChildWaitAnswered(first, 1, ChildAnswer.Gone), farm.Effects);
    }

    /// <summary>The parent holds what its child wants back, and waits for the child.</summary>
    [Fact]
    public void Child_ThatWantsCpuThatItsParentHolds_IsLeftToItsParent()
    {
        var farm = new Farm();
        var (parent, child) = Lenders(farm);
        Child(farm, child, "g");
        farm.Run(new WaitForChild(child, 3, new JobId("g"), 1000, Bound));
        farm.Run(new EndWait(parent, 1));
        Assert.Equal(1500, farm.InUse("w1").CpuMillis);

        farm.Run(new EndWait(child, 3));
        Assert.DoesNotContain(farm.Effects.OfType<ChildWaitAnswered>(), answer => answer.Parent == child);
        farm.Pass(Bound + TimeSpan.FromSeconds(1));

        Assert.Contains(new ChildWaitAnswered(parent, 2, ChildAnswer.RunLocally), farm.Effects);
        Assert.Equal(Outcome.Cancelled, farm.Finished(Id("c")).Outcome);
    }

    /// <summary>A parent of two CPUs that lends both in its first wait for c and 500 in its second; c runs beside it, and no more fits.</summary>
    private static (Lease Parent, Lease Child) Lenders(Farm farm)
    {
        farm.Link("w1", cpus: 2, memory: 2 * GiB);
        var parent = Running(farm, Small with { Resources = new Resources(2000, GiB) });
        Child(farm, parent, "c");
        farm.Run(new WaitForChild(parent, 1, new JobId("c"), 2000, Bound));
        farm.Run(new WaitForChild(parent, 2, new JobId("c"), 500, Bound));
        return (parent, farm.LeaseOf(Id("c")));
    }
}
