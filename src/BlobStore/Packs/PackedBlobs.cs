using System.Buffers;
using BuildFarm.BlobStore.Disk;
using BuildFarm.Digests;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Packs;

/// <summary>
/// Small blobs, many to a file. A write appends a record to the newest pack; a table in memory knows where each is and when it was used. What goes
/// leaves a gap, and a pack that is a quarter gaps is copied together. Nothing here waits: every call is a look into memory
/// and at most one system call.
/// <para>
/// After a crash: a record is whole when its content has the hash that it names, so a torn end is dropped and nothing else can be
/// wrong. Lists beside the packs spare a start the reading of all records.
/// </para>
/// </summary>
internal sealed partial class PackedBlobs : ISharedSpace, IAsyncDisposable
{
    private const int ReadAttempts = 4;

    private readonly Lock _append = new();
    private readonly Lock _maintenance = new();
    private readonly PackTable _table = new();
    private readonly StoreDirectory _directory;
    private readonly PackedBlobsOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _root;
    private volatile PackFile?[] _packs = new PackFile?[64];
    private PackFile? _active;
    private long _nextNumber;
    private long _usedBytes;
    private long _evicted;
    private long _corrupt;

    private PackedBlobs(StoreDirectory directory, PackedBlobsOptions options, TimeProvider time, ILogger logger)
    {
        _directory = directory;
        _options = options;
        _time = time;
        _logger = logger;
        _root = directory.Folder("packs");
        var unlisted = Load();
        _lists = Task.Run(() => KeepListsAsync(unlisted));
    }

    /// <summary>Blobs.</summary>
    public long Count => _table.Count;

    /// <summary>Bytes of the packs on the disk, gaps included.</summary>
    public long UsedBytes => Volatile.Read(ref _usedBytes);

    /// <summary>Blobs evicted since the start.</summary>
    public long Evicted => Volatile.Read(ref _evicted);

    /// <summary>Blobs that did not match their digest since the start; each was dropped.</summary>
    public long Corrupt => Volatile.Read(ref _corrupt);

    /// <summary>Opens the packs in <paramref name="directory"/>, which outlives them.</summary>
    public static PackedBlobs Open(StoreDirectory directory, PackedBlobsOptions options, TimeProvider time, ILogger logger) =>
        new(directory, options, time, logger);

    /// <summary>Whether a blob of that digest can be packed now.</summary>
    public bool Takes(in Digest digest) =>
        digest.SizeBytes <= _options.LargestBytes && PackKey.TryOf(digest, out _) && _table.Count < _options.MaxBlobs;

    /// <summary>Space that a blob takes.</summary>
    public static long BytesOf(in Digest digest) => PackFormat.RecordBytes(PackFormat.NumberOf(digest.Function), (int)digest.SizeBytes);

    /// <summary>The content of a blob; null when it is not here, or was damaged and so went.</summary>
    public ReadOnlyMemory<byte>? Read(in Digest digest)
    {
        if (!PackKey.TryOf(digest, out var key))
        {
            return null;
        }

        for (var attempt = 0; attempt < ReadAttempts && _table.TryGet(key, Now(), out var entry); attempt++)
        {
            var record = GC.AllocateUninitializedArray<byte>(entry.RecordBytes);
            if (!TryReadRecord(entry, record))
            {
                // Its pack was copied together meanwhile; the table knows where it is now.
                continue;
            }

            if (PackFormat.IsSound(record, key, _options.VerifiesReads))
            {
                _packs[entry.Slot]?.NoteChange();
                // Another hash may begin alike. Without its type the null would be an empty blob.
                return PackFormat.DigestOf(record, key) == digest ? (ReadOnlyMemory<byte>?)record.AsMemory(PackFormat.HeaderBytes(key.Function), key.Size) : null;
            }

            if (DropCorrupt(entry))
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>Appends a blob whose digest has been compared with its content. Does nothing when it is here already.</summary>
    /// <exception cref="BlobStoreFullException">The disk is full.</exception>
    public void Add(in Digest digest, ReadOnlySpan<byte> content)
    {
        if (!PackKey.TryOf(digest, out var key))
        {
            throw new ArgumentException($"Blob {digest} cannot be packed.", nameof(digest));
        }

        var length = PackFormat.RecordBytes(key.Function, key.Size);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var record = buffer.AsSpan(0, length);
            PackFormat.Write(digest, content, record);
            PackFile pack;
            lock (_append)
            {
                if (_table.TryGet(key, Now(), out _))
                {
                    return;
                }

                pack = Append(record, out var offset);
                pack.Count(length);
                _table.TryAdd(new PackEntry(key, pack.Slot, offset, Now()));
            }

            if (_options.Sync)
            {
                Flush(pack);
            }
        }
        catch (IOException e) when (NativeFile.IsDiskFull(e))
        {
            throw new BlobStoreFullException($"The disk of {_root} is full; blob {digest} was not stored. Free some space, or lower the store's size limit.", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Removes a blob, when it is here.</summary>
    public void Remove(in Digest digest)
    {
        if (PackKey.TryOf(digest, out var key) && _table.TryGet(key, 0, out var entry))
        {
            Forget(entry, evenIfUsedSince: true);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!_rolled.Writer.TryComplete())
        {
            return;
        }

        await _stop.CancelAsync();
        await _lists;
        _stop.Dispose();
        foreach (var pack in _packs)
        {
            pack?.Dispose();
        }
    }

    // Called under the lock. What a write that failed leaves behind the end is written over by the next.
    private PackFile Append(ReadOnlySpan<byte> record, out long offset)
    {
        if (_active is null || _active.Length + record.Length > _options.PackBytes)
        {
            Roll();
        }

        var pack = _active!;
        offset = pack.Length;
        RandomAccess.Write(pack.Handle, record, offset);
        pack.Length = offset + record.Length;
        Interlocked.Add(ref _usedBytes, record.Length);
        return pack;
    }

    private void Roll()
    {
        var slot = FreeSlot();
        var number = _nextNumber++;
        _active = _packs[slot] = PackFile.Open(Path.Combine(_root, $"{number:x8}.pack"), number, slot);
        _rolled.Writer.TryWrite(true);
    }

    private int FreeSlot()
    {
        var slot = Array.IndexOf(_packs, null);
        if (slot >= 0)
        {
            return slot;
        }

        slot = _packs.Length;
        if (slot > ushort.MaxValue)
        {
            throw new BlobStoreFullException($"{_root} has {slot} packs, and no more can be told apart. Lower the store's size limit.");
        }

        var larger = new PackFile?[Math.Min(slot * 2, ushort.MaxValue + 1)];
        _packs.CopyTo(larger, 0);
        _packs = larger;
        return slot;
    }

    /// <returns>False when the record is no longer there.</returns>
    private bool TryReadRecord(in PackEntry entry, Span<byte> record)
    {
        try
        {
            // A pack that is shorter than the table says was damaged: what it lacks reads as zeros.
            var pack = _packs[entry.Slot];
            var read = pack?.Read(entry.Offset, record) ?? 0;
            record[read..].Clear();
            return pack is not null;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <returns>False when the entry is of another place by now, and so nothing is known of it.</returns>
    private bool DropCorrupt(in PackEntry entry)
    {
        var pack = _packs[entry.Slot];
        if (!Forget(entry, evenIfUsedSince: true))
        {
            return false;
        }

        Interlocked.Increment(ref _corrupt);
        LogCorrupt(entry.Key.High, entry.Key.Size, entry.Offset, pack?.Path ?? _root);
        return true;
    }

    private bool Forget(in PackEntry entry, bool evenIfUsedSince)
    {
        var pack = _packs[entry.Slot];
        if (!_table.TryRemove(entry, evenIfUsedSince))
        {
            return false;
        }

        pack?.Count(-entry.RecordBytes);
        return true;
    }

    private static void Flush(PackFile pack)
    {
        try
        {
            RandomAccess.FlushToDisk(pack.Handle);
        }
        catch (ObjectDisposedException)
        {
            // Copied together meanwhile, which flushes the copies.
        }
    }

    private uint Now() => (uint)_time.GetUtcNow().ToUnixTimeSeconds();

    [LoggerMessage(EventId = 231, Level = LogLevel.Error, Message = "a packed blob ({Hash:x16}…, {Size} bytes) at {Offset} of {Pack} does not match its digest and was dropped; check the disk")]
    private partial void LogCorrupt(ulong hash, int size, long offset, string pack);
}
