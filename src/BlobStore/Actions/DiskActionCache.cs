using System.Security.Cryptography;
using System.Text;
using BuildFarm.BlobStore.Disk;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Actions;

/// <summary>
/// Action-cache entries as files, replaced in one step. The name is a hash of the whole key, so that nothing a client sends
/// becomes a path. The least recently used go when the limit is reached.
/// </summary>
public sealed class DiskActionCache : IActionCache, IAsyncDisposable
{
    // Larger ones are no results but attacks; REAPI messages are bounded by 4 MiB on the wire.
    private const long LargestEntryBytes = 16 << 20;

    private readonly StoreDirectory _directory;
    private readonly DiskActionCacheOptions _options;
    private readonly LruFiles _files;

    private DiskActionCache(StoreDirectory directory, DiskActionCacheOptions options, LruFiles files) =>
        (_directory, _options, _files) = (directory, options, files);

    /// <summary>Opens the cache in <paramref name="directory"/>, which outlives it.</summary>
    public static DiskActionCache Open(
        StoreDirectory directory, DiskActionCacheOptions options, TimeProvider time, ILogger<DiskActionCache> logger) =>
        new(directory, options, LruFiles.Open(directory, new LruFilesOptions { Name = "actions", MaxBytes = options.MaxBytes }, time, logger));

    /// <inheritdoc />
    public async ValueTask<ActionEntry?> GetAsync(ActionKey key, CancellationToken cancellationToken)
    {
        var name = NameOf(key);
        using var file = NativeFile.TryOpen(_files.PathOf(name));
        if (file is null)
        {
            return null;
        }

        var length = RandomAccess.GetLength(file);
        var bytes = new byte[Math.Min(length, LargestEntryBytes)];
        var read = await RandomAccess.ReadAsync(file, bytes, 0, cancellationToken);
        if (ActionEntryFile.Read(key, bytes.AsSpan(0, read)) is not { } entry)
        {
            await _files.RemoveAsync(name);
            return null;
        }

        if (_files.Touch(name))
        {
            await _files.UsedAsync(name);
        }

        return entry;
    }

    /// <inheritdoc />
    /// <exception cref="BlobStoreFullException">The disk is full.</exception>
    public async ValueTask PutAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken)
    {
        var name = NameOf(key);
        var path = _files.PathOf(name);
        var bytes = ActionEntryFile.Write(key, entry);
        using var room = await _files.ReserveAsync(bytes.Length, cancellationToken);
        try
        {
            using var file = TemporaryFile.Create(_directory, UnixFileMode.UserRead | UnixFileMode.UserWrite, bytes.Length);
            await RandomAccess.WriteAsync(file.Handle, bytes, 0, cancellationToken);
            if (_options.SyncEntries)
            {
                RandomAccess.FlushToDisk(file.Handle);
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            lock (_files.LockOf(name))
            {
                _files.Touch(name);
                file.MoveTo(path);
            }
        }
        catch (IOException e) when (NativeFile.IsDiskFull(e))
        {
            throw new BlobStoreFullException($"The disk of {_directory.Root} is full; a result was not stored. Free some space.", e);
        }

        room.Dispose();
        await _files.AddedAsync(name, bytes.Length);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _files.DisposeAsync();

    private static string NameOf(in ActionKey key)
    {
        // Lengths before the parts, so that no two keys spell the same text.
        var text = $"{key.InstanceName.Length}:{key.InstanceName}{key.Environment.Length}:{key.Environment}{key.Action.Function.Name}:{key.Action}";
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        return $"{hash[..2]}/{hash}";
    }
}
