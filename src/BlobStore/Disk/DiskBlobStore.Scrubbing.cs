using System.Buffers;
using BuildFarm.BlobStore.Packs;
using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Disk;

/// <summary>Verification of what nobody reads.</summary>
public sealed partial class DiskBlobStore
{
    private const int ScrubBytes = 256 * 1024;

    private long _corrupt;

    /// <summary>Blobs that did not match their digest since the start; each was dropped.</summary>
    public long Corrupt => Volatile.Read(ref _corrupt);

    /// <summary>Files, executable twins included.</summary>
    public Task<long> CountAsync() => _files.CountAsync();

    /// <summary>Evicts the least recently used of all that shares the limit, until it takes at most so many bytes; what is leased stays.</summary>
    public Task EvictToAsync(long bytes) => _files.EvictToAsync(bytes);

    /// <summary>Folders that hold blobs.</summary>
    internal IReadOnlyList<string> ScrubFolders() => _files.Folders();

    /// <summary>Compares every blob of one folder with its digest; nothing counts as used by it.</summary>
    internal async ValueTask<ScrubCount> ScrubAsync(string folder, ScrubPace pace, CancellationToken cancellationToken)
    {
        var count = default(ScrubCount);
        var path = new DirectoryInfo(_files.PathOf(folder));
        if (!path.Exists)
        {
            return count;
        }

        foreach (var file in path.EnumerateFiles())
        {
            var name = $"{folder}/{file.Name}";
            if (BlobFileName.TryParse(name, file.Exists ? file.Length : 0, out var digest))
            {
                count += await ScrubFileAsync(name, digest, pace, cancellationToken);
            }
        }

        return count;
    }

    private async ValueTask<ScrubCount> ScrubFileAsync(string name, Digest digest, ScrubPace pace, CancellationToken cancellationToken)
    {
        using var file = NativeFile.TryOpen(_files.PathOf(name));
        if (file is null)
        {
            return default;
        }

        using var hash = new DigestBuilder(digest.Function);
        var buffer = ArrayPool<byte>.Shared.Rent(ScrubBytes);
        try
        {
            int read;
            while ((read = RandomAccess.Read(file, buffer.AsSpan(0, ScrubBytes), hash.Length)) > 0)
            {
                hash.Append(buffer.AsSpan(0, read));
                await pace.PayAsync(read, cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        var bytes = hash.Length;
        if (hash.Finish() == digest)
        {
            return new ScrubCount(1, bytes, 0);
        }

        Interlocked.Increment(ref _corrupt);
        LogCorrupt(digest, _files.Root);
        await _files.RemoveAsync(name);
        return new ScrubCount(1, bytes, 1);
    }
}
