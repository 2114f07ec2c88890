using System.Security.Cryptography;
using System.Text;
using BuildFarm.BlobStore.Disk;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Logs;

/// <summary>
/// Log streams as files, named by a hash of the stream's name. Who follows a stream is woken by the write, not by a timer.
/// What has been acknowledged survives the end of this process; a power failure may take the last seconds.
/// </summary>
public sealed class DiskLogStore : ILogStore, IAsyncDisposable
{
    // Streams nobody uses right now that keep their file open, so that a write a line does not open it each time.
    private const int IdleStreams = 256;

    // Streams that went last and are still told from those that nobody has written to yet.
    private const int EvictedStreams = 100_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LogStream> _open = new(StringComparer.Ordinal);
    private readonly LinkedList<LogStream> _idle = new();
    private readonly DiskLogStoreOptions _options;
    private readonly LruFiles _files;
    private readonly EmptyFiles _empty = new();
    private readonly Task _sweep;

    private DiskLogStore(DiskLogStoreOptions options, LruFiles files, TimeProvider time)
    {
        _options = options;
        _files = files;
        _sweep = Task.Run(() => RemoveAbandonedAsync(time.GetUtcNow() - options.MaxAge));
    }

    /// <summary>Opens the store in <paramref name="directory"/>, which outlives it.</summary>
    public static DiskLogStore Open(StoreDirectory directory, DiskLogStoreOptions options, TimeProvider time, ILogger<DiskLogStore> logger)
    {
        var files = new LruFilesOptions
        {
            Name = "logs",
            MaxBytes = options.MaxBytes,
            MaxAge = options.MaxAge,
            ForeignSuffix = LogStream.GrowingSuffix,
            RememberGone = EvictedStreams,
        };
        return new DiskLogStore(options, LruFiles.Open(directory, files, time, logger), time);
    }

    /// <inheritdoc />
    /// <exception cref="LogOffsetException">The write would leave a hole, or the stream is finished.</exception>
    /// <exception cref="LogStreamFullException">The stream has reached its limit.</exception>
    /// <exception cref="BlobStoreFullException">The disk is full.</exception>
    public async ValueTask<long> AppendAsync(string name, long offset, ReadOnlyMemory<byte> bytes, bool finish, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var stream = Rent(name);
        try
        {
            var (length, finishedNow) = stream.Append(offset, bytes.Span, finish, _options.MaxStreamBytes);
            if (finishedNow)
            {
                await _files.AddedAsync(FileNameOf(name), length);
            }

            return length;
        }
        finally
        {
            Return(stream);
        }
    }

    /// <inheritdoc />
    /// <exception cref="LogEvictedException">The stream was finished and has been removed since.</exception>
    public async ValueTask<int> ReadAsync(string name, long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var stream = Rent(name);
        var asked = false;
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (read, more) = stream.Read(offset, buffer.Span);
                if (more is null)
                {
                    await KeepAsync(name);
                    return read;
                }

                // Nobody has written, it seems; who waits for a stream that was evicted would wait for ever.
                if (!asked && stream.State is null && await _files.IsGoneAsync(FileNameOf(name)))
                {
                    throw new LogEvictedException(name);
                }

                asked = true;
                await more.WaitAsync(cancellationToken);
            }
        }
        finally
        {
            Return(stream);
        }
    }

    /// <inheritdoc />
    public ValueTask<LogStreamState?> GetStateAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var stream = Rent(name);
        try
        {
            return ValueTask.FromResult(stream.State);
        }
        finally
        {
            Return(stream);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _sweep;
        lock (_lock)
        {
            foreach (var stream in _open.Values)
            {
                stream.Dispose();
            }

            _open.Clear();
            _idle.Clear();
        }

        await _files.DisposeAsync();
    }

    private LogStream Rent(string name)
    {
        lock (_lock)
        {
            if (!_open.TryGetValue(name, out var stream))
            {
                stream = new LogStream(name, _files.PathOf(FileNameOf(name)), _empty);
                _open.Add(name, stream);
            }

            if (stream.Users++ == 0)
            {
                _idle.Remove(stream);
            }

            return stream;
        }
    }

    private void Return(LogStream stream)
    {
        lock (_lock)
        {
            if (--stream.Users > 0)
            {
                return;
            }

            _idle.AddLast(stream);
            if (_idle.Count > IdleStreams && _idle.First is { } longest)
            {
                _idle.RemoveFirst();
                _open.Remove(longest.Value.Name);
                longest.Value.Dispose();
            }
        }
    }

    private ValueTask KeepAsync(string name)
    {
        var file = FileNameOf(name);
        return _files.Touch(file) ? _files.UsedAsync(file) : ValueTask.CompletedTask;
    }

    // Streams whose writer never came back are finished by nobody, so eviction does not know them.
    private async Task RemoveAbandonedAsync(DateTimeOffset olderThan)
    {
        try
        {
            foreach (var file in new DirectoryInfo(_files.Root).EnumerateFiles("*" + LogStream.GrowingSuffix, SearchOption.AllDirectories))
            {
                if (file.LastWriteTimeUtc < olderThan.UtcDateTime)
                {
                    file.Delete();
                    await _files.RemoveAsync(Path.GetRelativePath(_files.Root, file.FullName)[..^LogStream.GrowingSuffix.Length]);
                }
            }
        }
        catch (IOException)
        {
            // What could not be removed now is old at the next start too.
        }
    }

    private static string FileNameOf(string name)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        return $"{hash[..2]}/{hash}";
    }
}
