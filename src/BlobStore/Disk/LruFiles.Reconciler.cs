using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Disk;

/// <summary>
/// After a crash the index lacks the last changes. The reconciler compares it with the disk folder by folder, in the
/// background and with a pause after each, while the store already works.
/// </summary>
internal sealed partial class LruFiles
{
    private async Task ReconcileAsync()
    {
        try
        {
            foreach (var folder in LeafFolders())
            {
                var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
                await _requests.Writer.WriteAsync(Request.Reconcile(folder, done), _stop.Token);
                await done.Task.WaitAsync(_stop.Token);
                await Task.Delay(_options.ReconcilePause, _time, _stop.Token);
            }

            // Rows of folders that are no longer there lead to files that eviction finds gone: no harm.
            _indexIsWhole = true;
            LogReconciled(Root, FilesExamined, UsedBytes);
        }
        catch (Exception e) when (e is OperationCanceledException or System.Threading.Channels.ChannelClosedException)
        {
            // The store stops; the next start begins again.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotReconciled(Root, e.Message);
        }
    }

    /// <summary>Names of the folders that hold files: those that hold no folder.</summary>
    private IEnumerable<string> LeafFolders()
    {
        var folders = new Queue<string>(Directory.GetDirectories(Root));
        while (folders.TryDequeue(out var folder))
        {
            var below = Directory.GetDirectories(folder);
            foreach (var next in below)
            {
                folders.Enqueue(next);
            }

            if (below.Length == 0)
            {
                yield return Path.GetRelativePath(Root, folder);
            }
        }
    }

    private void ReconcileFolder(string folder)
    {
        var known = Query(index => index.Below(folder)).ToDictionary(file => file.Name, StringComparer.Ordinal);
        var changes = new List<FileChange>();
        foreach (var file in new DirectoryInfo(PathOf(folder)).EnumerateFiles())
        {
            Interlocked.Increment(ref _filesExamined);
            if (_options.ForeignSuffix is { } suffix && file.Name.EndsWith(suffix, StringComparison.Ordinal))
            {
                continue;
            }

            var name = $"{folder}/{file.Name}";
            if (!file.Exists)
            {
                continue;
            }

            var bytes = Occupied(file.Length);
            if (!known.Remove(name, out var row) || row.Bytes != bytes)
            {
                var used = new DateTimeOffset(file.LastWriteTimeUtc).ToUnixTimeMilliseconds();
                changes.Add(new FileChange(FileChangeKind.Added, name, bytes, used));
            }
        }

        changes.AddRange(known.Keys.Select(name => new FileChange(FileChangeKind.Removed, name, 0, 0)));
        TryApply(changes);
    }

    [LoggerMessage(EventId = 201, Level = LogLevel.Warning, Message = "the index {Index} could not be written: {Problem}; the store goes on and repairs it after the next start")]
    private partial void LogIndexNotWritten(string index, string problem);

    [LoggerMessage(EventId = 202, Level = LogLevel.Warning, Message = "the index {Index} could not be read: {Problem}; nothing is evicted until it can")]
    private partial void LogIndexNotRead(string index, string problem);

    [LoggerMessage(EventId = 205, Level = LogLevel.Warning, Message = "the disk refused a change below {Root}: {Problem}")]
    private partial void LogDiskRefused(string root, string problem);

    [LoggerMessage(EventId = 203, Level = LogLevel.Information, Message = "after an unclean stop the index of {Root} was compared with the disk: {Files} files, {Bytes} bytes in use")]
    private partial void LogReconciled(string root, long files, long bytes);

    [LoggerMessage(EventId = 204, Level = LogLevel.Warning, Message = "the index of {Root} could not be compared with the disk: {Problem}; the next start tries again")]
    private partial void LogNotReconciled(string root, string problem);
}
