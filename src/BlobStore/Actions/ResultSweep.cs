namespace BuildFarm.BlobStore.Actions;

/// <summary>What a <see cref="ResultSweeper"/> found.</summary>
/// <param name="Kept">Results whose blobs are all there.</param>
/// <param name="Dropped">Results that went because a blob of theirs is nowhere.</param>
/// <param name="Unknown">Results that nobody could judge; they stay.</param>
public readonly record struct ResultSweep(long Kept, long Dropped, long Unknown);
