using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Events;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests;

public sealed class SnapshotTests
{
    [Fact]
    public void Snapshot_AfterEveryEvent_GivesTheStateThatWasLive()
    {
        var live = new SchedulerState();
        foreach (var change in ReplayTests.BusyFarm().Events.Where(e => e.IsDurable))
        {
            live.Apply(change);

            Assert.Equal(StateFingerprint.Describe(live), StateFingerprint.Describe(Restore(live)));
        }
    }

    [Fact]
    public void Snapshot_Restored_GoesOnAsTheStateThatWasLive()
    {
        var events = ReplayTests.BusyFarm().Events.Where(e => e.IsDurable).ToList();
        for (var at = 0; at < events.Count; at += 7)
        {
            var live = new SchedulerState();
            events.Take(at).ToList().ForEach(live.Apply);
            var restored = Restore(live);

            events.Skip(at).ToList().ForEach(restored.Apply);

            events.Skip(at).ToList().ForEach(live.Apply);
            Assert.Equal(StateFingerprint.Describe(live), StateFingerprint.Describe(restored));
        }
    }

    [Fact]
    public void Snapshot_OfALostWorkerWhosePoolIsGone_BringsNoPoolBack()
    {
        var farm = new Farm(pools: new PoolSpec("old", Platform.Empty));
        farm.Link("w", pool: "old");
        farm.Pass(TimeSpan.FromSeconds(31));
        farm.Run(new DeclarePools([new PoolSpec("new", Platform.Empty)]));

        var restored = Restore(farm.State);

        Assert.False(restored.WorkersById[new WorkerId("w")].Pool.Declared);
        Assert.Equal(["new"], restored.PoolsByName.Keys);
    }

    [Fact]
    public void Snapshot_IntoAStateThatIsNotEmpty_IsRefused()
    {
        var live = ReplayTests.BusyFarm().State;

        Assert.Throws<InvalidOperationException>(() => live.Apply(live.Snapshot().First()));
    }

    [Fact]
    public void Snapshot_LargeJob_ComesInPartsAndGivesTheStateThatWasLive()
    {
        var farm = new Farm();
        farm.Link("w", cpus: 8);
        farm.SubmitQueued("large", [.. Enumerable.Range(0, 500).Select(i => Task($"t{i}"))]);
        farm.Submit("graph", [.. Enumerable.Range(0, 600).Select(i => Task($"t{i}", i < 300 ? [] : [i - 300]))]);
        farm.Queue(Id("graph"));
        farm.Complete(Id("large"));

        var snapshot = farm.State.Snapshot().ToList();

        Assert.Equal([256, 244, 256, 256, 88], snapshot.OfType<TasksRestored>().Select(part => part.Tasks.Length));
        Assert.Equal(StateFingerprint.Describe(farm.Replay()), StateFingerprint.Describe(Restore(farm.State)));
    }

    [Fact]
    public void Snapshot_PartOfAJobMissing_IsRefused()
    {
        var farm = new Farm();
        farm.Submit("large", [.. Enumerable.Range(0, 600).Select(i => Task($"t{i}"))]);
        var snapshot = farm.State.Snapshot().ToList();
        var restored = new SchedulerState();

        var parts = snapshot.Where(change => change is not TasksRestored { First: 256 }).ToList();

        Assert.Throws<InvalidOperationException>(() => parts.ForEach(restored.Apply));
    }

    private static SchedulerState Restore(SchedulerState live)
    {
        var restored = new SchedulerState();
        foreach (var change in live.Snapshot().ToList())
        {
            Assert.True(change.IsDurable);
            restored.Apply(change);
        }

        return restored;
    }
}
