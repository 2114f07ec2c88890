namespace BuildFarm.Coordinator.Journal.Stores;

/// <summary>What one flush made durable.</summary>
/// <param name="First">Number of its first record; a journal's first record is number 1.</param>
/// <param name="Count">Records in it.</param>
/// <param name="Bytes">As <see cref="RecordBlock"/> has it.</param>
public readonly record struct StoredBlock(long First, int Count, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Number of its last record.</summary>
    public long Last => First + Count - 1;
}
