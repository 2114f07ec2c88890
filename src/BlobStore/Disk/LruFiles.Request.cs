using Microsoft.Data.Sqlite;

namespace BuildFarm.BlobStore.Disk;

/// <summary>What the owner of the index is asked.</summary>
internal sealed partial class LruFiles
{
    private long _counted;

    /// <summary>Evicts the least recently used until everything takes at most so many bytes, or the rest is leased.</summary>
    public Task EvictToAsync(long bytes) => AskAsync(done => Request.Shrink(bytes, done));

    /// <summary>Files that the index knows.</summary>
    public async Task<long> CountAsync()
    {
        await AskAsync(Request.Count);
        return Volatile.Read(ref _counted);
    }

    /// <summary>Names of the folders that hold files.</summary>
    public IReadOnlyList<string> Folders() => [.. LeafFolders()];

    private long Count()
    {
        try
        {
            return _index.Count();
        }
        catch (SqliteException e)
        {
            LogIndexNotRead(_indexPath, e.Message);
            return 0;
        }
    }

    private async Task AskAsync(Func<TaskCompletionSource<bool>, Request> question)
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _requests.Writer.WriteAsync(question(done), _stop.Token);
        await done.Task;
    }

    private enum Ask
    {
        Record,
        Room,
        Flush,
        AgeSweep,
        Reconcile,
        Gone,
        Shrink,
        Count,
    }

    private readonly record struct Request(Ask Ask, FileChange Change, string? Folder, TaskCompletionSource<bool>? Done)
    {
        public static Request Of(FileChange change) => new(Ask.Record, change, null, null);

        public static Request MakeRoom(TaskCompletionSource<bool> done) => new(Ask.Room, default, null, done);

        public static Request Flush(TaskCompletionSource<bool> done) => new(Ask.Flush, default, null, done);

        public static Request AgeSweep() => new(Ask.AgeSweep, default, null, null);

        public static Request WasRemoved(string name, TaskCompletionSource<bool> done) =>
            new(Ask.Gone, new FileChange(FileChangeKind.Removed, name, 0, 0), null, done);

        public static Request Shrink(long bytes, TaskCompletionSource<bool> done) =>
            new(Ask.Shrink, new FileChange(FileChangeKind.Removed, "", bytes, 0), null, done);

        public static Request Count(TaskCompletionSource<bool> done) => new(Ask.Count, default, null, done);

        public static Request Reconcile(string folder, TaskCompletionSource<bool> done) => new(Ask.Reconcile, default, folder, done);
    }
}
