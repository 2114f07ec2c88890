using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.State;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests;

public sealed class LocalityTests
{
    private static readonly LocalityKeys Tree = LocalityKeys.Of(11, 1);

    [Fact]
    public void Place_TwoWorkersAreIdle_TheOneThatHadTheInputsGetsIt()
    {
        var farm = TwoWorkersAndOneThatHad(Tree);

        Queue(farm, "again", Tree);

        Assert.Equal([Id("again")], farm.Assigned("w2"));
        Assert.Empty(farm.Assigned("w1"));
    }

    [Fact]
    public void Place_OnlyAPartIsShared_TheOneThatHadThePartGetsIt()
    {
        var farm = TwoWorkersAndOneThatHad(Tree);

        Queue(farm, "other root, same part", LocalityKeys.Of(12, 1));

        Assert.Equal([Id("other root, same part")], farm.Assigned("w2"));
    }

    [Fact]
    public void Place_NothingIsShared_TheFirstWorkerGetsIt()
    {
        var farm = TwoWorkersAndOneThatHad(Tree);

        Queue(farm, "another", LocalityKeys.Of(12, 2));

        Assert.Equal([Id("another")], farm.Assigned("w1"));
    }

    [Fact]
    public void Place_TheWorkerWithTheInputsIsFull_NothingWaitsForIt()
    {
        var farm = TwoWorkersAndOneThatHad(Tree);
        Queue(farm, "again", Tree);

        Queue(farm, "once more", Tree);

        Assert.Equal([Id("once more")], farm.Assigned("w1"));
    }

    [Fact]
    public void Place_TheWorkerWithTheInputsHasMoreRoom_TheLargerRoomStaysWhole()
    {
        var farm = new Farm();
        farm.Link("w1", cpus: 4);
        Queue(farm, "first", LocalityKeys.None);
        farm.Link("w2", cpus: 4);
        Queue(farm, "four", Tree, cpus: 4);
        farm.Complete(Id("four"));

        Queue(farm, "small", Tree);

        Assert.Equal([Id("first"), Id("small")], farm.Assigned("w1"));
    }

    [Fact]
    public void Place_TheWorkerWithTheInputsIsLarger_ItIsKeptForWhatNeedsIt()
    {
        var farm = new Farm();
        farm.Link("w1", cpus: 1);
        farm.Link("w2", cpus: 2);
        Queue(farm, "two", Tree, cpus: 2);
        farm.Complete(Id("two"));

        Queue(farm, "one", Tree);

        Assert.Equal([Id("one")], farm.Assigned("w1"));
    }

    [Fact]
    public void Place_AnIdleWorkerHadTheInputsAndOneInUseWouldDo_TheIdleOneStaysIdle()
    {
        var farm = new Farm();
        farm.Link("w1", cpus: 2);
        Queue(farm, "runs", LocalityKeys.None);
        farm.Link("w2", cpus: 1);
        Queue(farm, "fills w1", LocalityKeys.None);
        Queue(farm, "had", Tree);
        farm.Complete(Id("had"));
        farm.Complete(Id("fills w1"));

        Queue(farm, "again", Tree);

        Assert.Equal([Id("runs"), Id("again")], farm.Assigned("w1"));
    }

    [Fact]
    public void Place_TheWorkerWithTheInputsLostIt_ItGoesElsewhere()
    {
        var farm = TwoWorkersAndOneThatHad(Tree);
        Queue(farm, "again", Tree);

        farm.Complete(Id("again"), Outcome.Infrastructure);

        Assert.Equal([Id("again")], farm.Assigned("w1"));
    }

    [Fact]
    public void Place_SeveralHadTheInputs_TheNewestGetsIt()
    {
        var farm = new Farm();
        foreach (var worker in new[] { "w1", "w2", "w3" })
        {
            farm.Link(worker);
        }

        Queue(farm, "a", LocalityKeys.None);
        Queue(farm, "b", Tree);
        Queue(farm, "c", Tree);
        foreach (var job in new[] { "a", "b", "c" })
        {
            farm.Complete(Id(job));
        }

        Queue(farm, "d", Tree);

        Assert.Equal([Id("d")], farm.Assigned("w3"));
    }

    [Fact]
    public void Worker_ThatWasLost_IsNotThoughtToHaveAnything()
    {
        var farm = TwoWorkersAndOneThatHad(Tree);
        farm.Link("w2", incarnation: "2");

        Queue(farm, "again", Tree);

        Assert.Equal([Id("again")], farm.Assigned("w1"));
    }

    [Fact]
    public void Worker_ThatHadMuch_RemembersTheNewest()
    {
        var farm = TwoWorkersAndOneThatHad(Tree);
        for (var i = 0; i < RecentKeys.Most; i++)
        {
            Queue(farm, $"fills w1 {i}", LocalityKeys.None);
            Queue(farm, $"other {i}", LocalityKeys.Of(100 + i));
            farm.Complete(Id($"other {i}"));
            farm.Complete(Id($"fills w1 {i}"));
        }

        Queue(farm, "again", Tree);

        Assert.Equal([Id("again")], farm.Assigned("w1"));
        Assert.Equal(RecentKeys.Most, farm.State.WorkersById[new WorkerId("w2")].Recent.Marks.Count);
    }

    [Fact]
    public void Counters_TellWhereWhatSharesSomethingWent()
    {
        var farm = TwoWorkersAndOneThatHad(Tree);
        Queue(farm, "again", Tree);
        Queue(farm, "once more", Tree);

        Assert.Equal((1, 2), (farm.State.Counters.PlacedWithInputs, farm.State.Counters.PlacedElsewhere));
    }

    [Fact]
    public void Restart_WhatWorkersHad_ComesBackFromTheJournalAndFromASnapshot()
    {
        var farm = TwoWorkersAndOneThatHad(Tree);
        Queue(farm, "again", Tree);
        Queue(farm, "fills", LocalityKeys.None);
        Queue(farm, "waits", LocalityKeys.Of(7, 8, 9));
        var restored = new SchedulerState();

        foreach (var change in farm.State.Snapshot())
        {
            restored.Apply(change);
        }

        Assert.Contains("recent=1@3,11@3", StateFingerprint.Describe(farm.State), StringComparison.Ordinal);
        Assert.Contains("shares=7,8,9", StateFingerprint.Describe(farm.State), StringComparison.Ordinal);
        Assert.Equal(StateFingerprint.Describe(farm.State), StateFingerprint.Describe(farm.Replay()));
        Assert.Equal(StateFingerprint.Describe(farm.State), StateFingerprint.Describe(restored));
    }

    [Fact]
    public void Keys_OfWhatHasEnded_AreNotKept()
    {
        var farm = TwoWorkersAndOneThatHad(Tree);

        Assert.Equal(0, farm.State.Localities.Count);
    }

    /// <summary>Two equal workers, both idle; the second ran something with these keys while the first was busy.</summary>
    private static Farm TwoWorkersAndOneThatHad(LocalityKeys keys)
    {
        var farm = new Farm();
        farm.Link("w1");
        farm.Link("w2");
        Queue(farm, "fills w1", LocalityKeys.None);
        Queue(farm, "had", keys);
        Assert.Equal([Id("had")], farm.Assigned("w2"));
        farm.Complete(Id("had"));
        farm.Complete(Id("fills w1"));
        return farm;
    }

    private static void Queue(Farm farm, string job, LocalityKeys keys, int cpus = 1)
    {
        farm.Submit(job, Task("t") with { Resources = new Resources(cpus * 1000L, GiB) });
        farm.Run(new TaskResolved(Id(job), new ActionId(job), Cacheable: false) { Locality = keys });
    }
}
