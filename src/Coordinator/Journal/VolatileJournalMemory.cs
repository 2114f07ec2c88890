using BuildFarm.Coordinator.Journal.Stores;

namespace BuildFarm.Coordinator.Journal;

/// <summary>What volatile journals keep while the process lives.</summary>
public sealed class VolatileJournalMemory
{
    internal Lock Gate { get; } = new();

    internal bool KeepsNothing { get; init; }

    internal List<StoredBlock> Blocks { get; } = [];

    internal Dictionary<long, List<byte[]>> Parts { get; } = [];

    internal JournalPosition Snapshot { get; set; }

    internal JournalPosition End { get; set; }

    internal long Epoch { get; set; }

    /// <summary>What a copy of it made now would hold.</summary>
    public VolatileJournalMemory Copy()
    {
        lock (Gate)
        {
            var copy = new VolatileJournalMemory { Snapshot = Snapshot, End = End, Epoch = Epoch };
            copy.Blocks.AddRange(Blocks);
            foreach (var (position, parts) in Parts)
            {
                copy.Parts.Add(position, [.. parts]);
            }

            return copy;
        }
    }
}
