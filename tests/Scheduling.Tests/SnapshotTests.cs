using BuildFarm.Scheduling.Events;
using Xunit;

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
    public void Snapshot_IntoAStateThatIsNotEmpty_IsRefused()
    {
        var live = ReplayTests.BusyFarm().State;

        Assert.Throws<InvalidOperationException>(() => live.Apply(live.Snapshot().First()));
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
