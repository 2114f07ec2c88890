namespace BuildFarm.BlobStore;

/// <summary>What a store says to the question for one blob of several: its content, why there is no saying, or neither when it does not have it.</summary>
public readonly record struct BlobAnswer(ReadOnlyMemory<byte>? Content, BlobStoreException? Failure = null);
