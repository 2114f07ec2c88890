namespace BuildFarm.Coordinator.Journal;

/// <summary>A place between two records of a journal.</summary>
/// <param name="Number">Records before it, counted from the journal's beginning; 0 is the beginning itself.</param>
/// <param name="Chain">Checksum over all of them: the same number with another chain is another journal.</param>
public readonly record struct JournalPosition(long Number, uint Chain)
{
    /// <summary>Before the first record.</summary>
    public static JournalPosition Start => default;
}
