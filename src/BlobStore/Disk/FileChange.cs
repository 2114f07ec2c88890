namespace BuildFarm.BlobStore.Disk;

/// <summary>What happened to a file.</summary>
internal enum FileChangeKind
{
    Added,
    Touched,
    Removed,
}

/// <summary>One line for the index.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Name">Relative to the root of its <see cref="LruFiles"/>.</param>
/// <param name="Bytes">Space that the file occupies; only for <see cref="FileChangeKind.Added"/>.</param>
/// <param name="UsedAt">Unix milliseconds; not for <see cref="FileChangeKind.Removed"/>.</param>
internal readonly record struct FileChange(FileChangeKind Kind, string Name, long Bytes, long UsedAt);

/// <summary>A row of the index.</summary>
internal readonly record struct IndexedFile(string Name, long Bytes, long UsedAt);
