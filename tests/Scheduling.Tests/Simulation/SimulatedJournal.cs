using System.Buffers;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Scheduling.Events;
using Xunit;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>
/// What survives the coordinator: every event that was flushed, or a snapshot and the events after it. Records that may wait are
/// lost when nothing was flushed after them.
/// </summary>
internal sealed class SimulatedJournal(World world, JournalAuditor auditor)
{
    private static readonly EventCodec Codec = new();

    private readonly List<Event> _waiting = [];
    private List<Event> _kept = [];

    /// <summary>Every event that was ever flushed.</summary>
    public List<Event> All { get; } = [];

    /// <summary>Flushes, those that a crash cut short included.</summary>
    public int Flushes { get; private set; }

    /// <summary>Whether everything that the live state applied is in the journal.</summary>
    public bool IsWhole => _waiting.Count == 0;

    /// <summary>Keeps events that may wait until the next flush.</summary>
    public void Wait(List<Event> events) => _waiting.AddRange(events);

    /// <summary>Writes what waited and these events; of all of them only so many when the coordinator dies in it.</summary>
    public void Flush(List<Event> events, int? only = null)
    {
        Flushes++;
        List<Event> whole = [.. _waiting, .. events];
        _waiting.Clear();
        foreach (var change in whole.Take(only ?? whole.Count))
        {
            All.Add(change);
            _kept.Add(change);
            auditor.Add(change);
            world.Trace(change.ToString());
        }
    }

    /// <summary>How many events a flush of these writes.</summary>
    public int CountWith(List<Event> events) => _waiting.Count + events.Count;

    /// <summary>What waited is lost; the state is what is left.</summary>
    /// <param name="asRecords">Through the bytes that a real journal keeps.</param>
    public SchedulerState Recover(bool asRecords)
    {
        _waiting.Clear();
        return Replay(_kept, asRecords);
    }

    /// <summary>Replaces everything by a snapshot that a second state makes which followed the journal, as the shadow does.</summary>
    public void Snapshot()
    {
        var shadow = Replay(_kept, asRecords: false);
        List<Event> snapshot = [.. shadow.Snapshot(tasksAtOnce: 3)];
        Assert.Equal(StateFingerprint.Describe(shadow), StateFingerprint.Describe(Replay(snapshot, asRecords: true)));
        _kept = snapshot;
        world.Trace("snapshot");
    }

    private static SchedulerState Replay(List<Event> events, bool asRecords)
    {
        var state = new SchedulerState();
        var record = new ArrayBufferWriter<byte>();
        foreach (var change in events)
        {
            state.Apply(asRecords ? ThroughRecord(change, record) : change);
        }

        return state;
    }

    private static Event ThroughRecord(Event change, ArrayBufferWriter<byte> record)
    {
        record.ResetWrittenCount();
        Codec.Encode(change, record);
        return Codec.Decode(record.WrittenMemory).Change!;
    }
}
