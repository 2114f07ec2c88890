using System.Buffers;
using System.Collections.Concurrent;
using BuildFarm.Digests;
using Microsoft.Win32.SafeHandles;

namespace BuildFarm.BlobStore.Disk;

/// <summary>
/// Knows which files have been found to match their digest in this process, and finds out about others. Two readers of one
/// large file share one verification, and no more than one runs a core.
/// </summary>
internal sealed class BlobVerifier : IDisposable
{
    private const int ChunkBytes = 256 * 1024;

    private readonly GenerationalMap<string, bool> _verified = new(capacity: 128 * 1024);
    private readonly ConcurrentDictionary<string, Lazy<Task<bool>>> _running = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _cores = new(Environment.ProcessorCount);
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopped;
    private bool _disposed;

    public BlobVerifier() => _stopped = _stop.Token;

    public bool IsVerified(string name) => _verified.TryGet(name, out _);

    public void MarkVerified(string name) => _verified.Set(name, true);

    public void Forget(string name) => _verified.Remove(name);

    /// <summary>Hashes an open file on this thread; for small ones.</summary>
    public bool VerifyNow(string name, in Digest digest, SafeFileHandle file)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)digest.SizeBytes);
        try
        {
            var content = buffer.AsSpan(0, (int)digest.SizeBytes);
            var matches = ReadFully(file, content) && Digest.OfBytes(content, digest.Function) == digest;
            if (matches)
            {
                MarkVerified(name);
            }

            return matches;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Hashes the file at <paramref name="path"/> beside whatever the caller does; false when it does not match.</summary>
    public Task<bool> VerifyBeside(string name, Digest digest, string path)
    {
        var verification = _running.GetOrAdd(name, _ => new Lazy<Task<bool>>(() => Task.Run(() => VerifyAsync(name, digest, path))));
        return verification.Value;
    }

    public void Dispose()
    {
        // A container disposes one store under each of its service types.
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        // What still runs sees the token and ends; it releases the semaphore, which holds nothing that needs disposal.
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task<bool> VerifyAsync(string name, Digest digest, string path)
    {
        try
        {
            await _cores.WaitAsync(_stopped);
            try
            {
                using var file = NativeFile.TryOpen(path);
                var matches = file is not null && Hash(file, digest) == digest;
                if (matches)
                {
                    MarkVerified(name);
                }

                return matches;
            }
            finally
            {
                _cores.Release();
            }
        }
        finally
        {
            _running.TryRemove(name, out _);
        }
    }

    private Digest Hash(SafeFileHandle file, in Digest digest)
    {
        using var builder = new DigestBuilder(digest.Function);
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            int read;
            while ((read = RandomAccess.Read(file, buffer.AsSpan(0, ChunkBytes), builder.Length)) > 0)
            {
                _stopped.ThrowIfCancellationRequested();
                builder.Append(buffer.AsSpan(0, read));
            }

            return builder.Finish();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static bool ReadFully(SafeFileHandle file, Span<byte> content)
    {
        var done = 0;
        while (done < content.Length)
        {
            var read = RandomAccess.Read(file, content[done..], done);
            if (read == 0)
            {
                return false;
            }

            done += read;
        }

        return true;
    }
}
