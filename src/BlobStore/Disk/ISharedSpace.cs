namespace BuildFarm.BlobStore.Disk;

/// <summary>What else lives under the limit of an <see cref="LruFiles"/>, and goes in the same order of use.</summary>
internal interface ISharedSpace
{
    /// <summary>Bytes that it takes on the disk.</summary>
    long UsedBytes { get; }

    /// <summary>When its next to go was used last, in Unix milliseconds; null when it has nothing that may go.</summary>
    long? OldestUse();

    /// <summary>Gives back so many bytes of what was used longest ago and not after a time (Unix milliseconds), or as many as there are.</summary>
    /// <returns>Whether anything went.</returns>
    bool Evict(long bytes, long usedBefore);
}
