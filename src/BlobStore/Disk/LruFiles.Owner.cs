using Microsoft.Data.Sqlite;

namespace BuildFarm.BlobStore.Disk;

/// <summary>The one task that owns the index: it writes batches behind, evicts, and answers who needs room.</summary>
internal sealed partial class LruFiles
{
    private const int LargestBatch = 4096;
    private const int EvictionBatch = 256;

    // Uses of a file and of what lives beside them that are no further apart, in milliseconds, count as simultaneous.
    private const long EqualUses = 10_000;

    // Evicting goes on to here, so that it comes in batches and not with every write.
    private long LowWaterBytes => _options.MaxBytes / 10 * 9;

    private async Task OwnIndexAsync()
    {
        var batch = new List<FileChange>(LargestBatch);
        var waiting = new List<Request>();
        // Not cancellable: what is in the channel at the end is still written.
        while (await _requests.Reader.WaitToReadAsync(CancellationToken.None))
        {
            while (batch.Count < LargestBatch && _requests.Reader.TryRead(out var request))
            {
                if (request.Ask == Ask.Record)
                {
                    batch.Add(request.Change);
                }
                else
                {
                    waiting.Add(request);
                }
            }

            Record(batch);
            if (Overflow() > 0)
            {
                Guarded(() => Evict());
            }

            foreach (var request in waiting)
            {
                Answer(request);
            }

            batch.Clear();
            waiting.Clear();
        }

        CloseIndex();
    }

    private void Answer(Request request)
    {
        var answer = true;
        switch (request.Ask)
        {
            case Ask.Room when Overflow() > 0:
                Guarded(() => answer = Evict());
                break;
            case Ask.AgeSweep:
                Guarded(EvictOld);
                break;
            case Ask.Shrink:
                Guarded(() => Evict(request.Change.Bytes));
                break;
            case Ask.Count:
                Volatile.Write(ref _counted, Count());
                break;
            case Ask.Gone:
                answer = IsGone(request.Change.Name);
                break;
            case Ask.Reconcile:
                Guarded(() => ReconcileFolder(request.Folder!));
                break;
            default:
                break;
        }

        request.Done?.TrySetResult(answer);
    }

    // A disk that refuses something must not end the owner: the store would stand still.
    private void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _indexIsWhole = false;
            LogDiskRefused(Root, e.Message);
        }
    }

    private void Record(List<FileChange> changes)
    {
        if (changes.Count == 0)
        {
            return;
        }

        if (!TryApply(changes))
        {
            // Their space stays counted as not indexed; the next start finds the files.
            return;
        }

        foreach (var change in changes)
        {
            if (change.Kind == FileChangeKind.Added)
            {
                Interlocked.Add(ref _unindexedBytes, -change.Bytes);
            }
        }
    }

    /// <returns>True when everything that has been set aside so far fits.</returns>
    private bool Evict() => Evict(LowWaterBytes);

    private bool Evict(long usedAtMost)
    {
        var reserved = Volatile.Read(ref _reservedBytes);
        var goal = Math.Max(usedAtMost - reserved, 0);
        var unleased = UsedBeforeLeases();
        while (ClaimedBytes > goal)
        {
            var candidates = Query(index => index.Oldest(EvictionBatch, unleased));
            var oldest = candidates.Count == 0 ? long.MaxValue : candidates[0].UsedAt;
            var besideOldest = Beside?.OldestUse() ?? long.MaxValue;
            var went = besideOldest <= oldest
                ? besideOldest <= unleased && besideOldest < long.MaxValue && Beside!.Evict(ClaimedBytes - goal, Math.Min(unleased, UpTo(oldest)))
                : Evict(candidates, goal, Math.Min(unleased, UpTo(besideOldest)));
            if (!went)
            {
                break;
            }
        }

        return ClaimedBytes + reserved <= _options.MaxBytes || Overflow() <= 0;
    }

    // A use is written down after the touch interval at the latest, so that much is added to every lease.
    private long UsedBeforeLeases() =>
        _options.MinimumLifetime <= TimeSpan.Zero ? long.MaxValue : Now() - (long)(_options.MinimumLifetime + TouchInterval).TotalMilliseconds;

    // Small steps between the two would cost more than the order is worth.
    private static long UpTo(long otherOldest) => otherOldest > long.MaxValue - EqualUses ? long.MaxValue : otherOldest + EqualUses;

    private void EvictOld()
    {
        var cutoff = Now() - (long)(_options.MaxAge ?? TimeSpan.MaxValue).TotalMilliseconds;
        while (true)
        {
            var candidates = Query(index => index.Oldest(EvictionBatch, cutoff));
            if (candidates.Count == 0 || !Evict(candidates, goal: -1))
            {
                return;
            }
        }
    }

    /// <returns>False when the index could not be written, so that trying again would find the same files.</returns>
    private bool Evict(List<IndexedFile> candidates, long goal, long usedUpTo = long.MaxValue)
    {
        var changes = new List<FileChange>(candidates.Count);
        long freed = 0;
        foreach (var file in candidates)
        {
            if (ClaimedBytes - freed <= goal || file.UsedAt > usedUpTo)
            {
                break;
            }

            if (RemoveUnlessUsedSince(file) is { } newerUse)
            {
                changes.Add(new FileChange(FileChangeKind.Touched, file.Name, 0, newerUse));
                continue;
            }

            freed += file.Bytes;
            changes.Add(new FileChange(FileChangeKind.Removed, file.Name, 0, 0));
            Interlocked.Increment(ref _filesEvicted);
        }

        return TryApply(changes);
    }

    private long? RemoveUnlessUsedSince(in IndexedFile file)
    {
        lock (LockOf(file.Name))
        {
            if (_recentUses.TryGet(file.Name, out var used) && used > file.UsedAt)
            {
                return used;
            }

            DeleteIfThere(file.Name);
        }

        _recentUses.Remove(file.Name);
        Gone?.Invoke(file.Name);
        return null;
    }

    private bool TryApply(List<FileChange> changes)
    {
        try
        {
            _index.Apply(changes);
            Volatile.Write(ref _indexedBytes, _index.TotalBytes);
            return true;
        }
        catch (SqliteException e)
        {
            _indexIsWhole = false;
            LogIndexNotWritten(_indexPath, e.Message);
            // A rebuilt index has seen on the disk what these changes say.
            return RebuiltAfter(e);
        }
    }

    private List<IndexedFile> Query(Func<FileIndex, List<IndexedFile>> query)
    {
        try
        {
            return query(_index);
        }
        catch (SqliteException e)
        {
            _indexIsWhole = false;
            LogIndexNotRead(_indexPath, e.Message);
            RebuiltAfter(e);
            return [];
        }
    }

    private bool IsGone(string name)
    {
        try
        {
            return _index.IsGone(name);
        }
        catch (SqliteException e)
        {
            _indexIsWhole = false;
            LogIndexNotRead(_indexPath, e.Message);
            return false;
        }
    }

    private bool RebuiltAfter(SqliteException failure)
    {
        if (!FileIndex.IsDamage(failure))
        {
            return false;
        }

        _index.Dispose();
        FileIndex.Delete(_indexPath);
        _index = FileIndex.Open(_indexPath, _options.RememberGone);
        foreach (var folder in LeafFolders())
        {
            ReconcileFolder(folder);
        }

        return true;
    }

    private void CloseIndex()
    {
        try
        {
            if (_indexIsWhole)
            {
                _index.MarkClean();
            }
        }
        catch (SqliteException e)
        {
            LogIndexNotWritten(_indexPath, e.Message);
        }
        finally
        {
            _index.Dispose();
        }
    }
}
