namespace BuildFarm.Coordinator.Journal;

/// <summary>What an opened journal holds.</summary>
/// <param name="Epoch">Of this opening: one more than the opening before had. Records are only taken under the newest.</param>
/// <param name="Snapshot">Where the newest snapshot stands; the beginning when there is none.</param>
/// <param name="End">After the newest durable record.</param>
public readonly record struct JournalStart(long Epoch, JournalPosition Snapshot, JournalPosition End);
