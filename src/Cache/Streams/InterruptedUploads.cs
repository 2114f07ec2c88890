using BuildFarm.BlobStore;
using BuildFarm.Cache.Compression;
using BuildFarm.Cache.Resources;

namespace BuildFarm.Cache.Streams;

/// <summary>
/// Uploads by resource name, those under way and those whose connection broke. The latter are few, expire soon and give way
/// when a new upload finds no room, because each holds a file and room in the store. One that has brought no byte is not kept:
/// there is nothing to resume. A second call for one upload takes it over from the first, whose connection is
/// probably dead.
/// </summary>
internal sealed class InterruptedUploads : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<UploadResource, Upload> _uploads = [];
    private readonly LinkedList<Upload> _parked = new();
    private readonly CacheOptions _options;
    private readonly TimeProvider _time;
    private readonly ITimer _sweep;

    public InterruptedUploads(CacheOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _sweep = time.CreateTimer(_ => DropExpired(), null, options.UploadLifetime, options.UploadLifetime / 4);
    }

    /// <summary>Uploads that wait for their client to come back.</summary>
    public int Parked
    {
        get
        {
            lock (_lock)
            {
                return _parked.Count;
            }
        }
    }

    public long CommittedSize(UploadResource name)
    {
        lock (_lock)
        {
            return _uploads.TryGetValue(name, out var upload) ? upload.Writer?.Written ?? 0 : 0;
        }
    }

    /// <summary>Takes an upload for one call, from where it stopped or from the start.</summary>
    public async ValueTask<Held> HoldAsync(UploadResource name, IBlobStore blobs, CancellationToken cancellationToken)
    {
        var holder = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Upload upload;
        lock (_lock)
        {
            if (!_uploads.TryGetValue(name, out upload!))
            {
                _uploads.Add(name, upload = new Upload(name));
            }

            _parked.Remove(upload);
            upload.Users++;
            upload.Holder?.Cancel();
            upload.Holder = holder;
        }

        var entered = false;
        try
        {
            await upload.Turn.WaitAsync(cancellationToken);
            entered = true;
            if (upload.Forgotten && upload.Writer is { } ended)
            {
                // The call before ended it while this one waited.
                await ended.DisposeAsync();
                upload.Writer = null;
                upload.Forgotten = false;
            }

            upload.Writer ??= await CreateAsync(name, blobs, cancellationToken);
            return new Held(this, upload, upload.Writer, holder);
        }
        catch
        {
            await ReleaseAsync(upload, holder, entered);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _sweep.DisposeAsync();
        List<Upload> parked;
        lock (_lock)
        {
            parked = [.. _parked];
            _parked.Clear();
            _uploads.Clear();
        }

        foreach (var upload in parked)
        {
            await upload.DisposeAsync();
        }
    }

    // Whoever is there now goes before those who may come back.
    private async ValueTask<BlobWriter> CreateAsync(UploadResource name, IBlobStore blobs, CancellationToken cancellationToken)
    {
        while (true)
        {
            Upload? oldest;
            try
            {
                var writer = await blobs.CreateAsync(name.Digest, cancellationToken);
                return name.IsCompressed ? new ZstdBlobWriter(writer) : writer;
            }
            catch (BlobStoreFullException)
            {
                lock (_lock)
                {
                    oldest = _parked.Count == 0 ? null : DropFirst();
                }

                if (oldest is null)
                {
                    throw;
                }
            }

            await oldest.DisposeAsync();
        }
    }

    private async ValueTask ReleaseAsync(Upload upload, CancellationTokenSource holder, bool entered)
    {
        Upload? tooMany = null;
        lock (_lock)
        {
            upload.Holder = upload.Holder == holder ? null : upload.Holder;
            if (--upload.Users == 0)
            {
                if (upload.Writer is null or { Written: 0 } || upload.Forgotten)
                {
                    _uploads.Remove(upload.Name);
                    tooMany = upload;
                }
                else
                {
                    upload.ParkedAt = _time.GetTimestamp();
                    _parked.AddLast(upload);
                    tooMany = _parked.Count > _options.MaxInterruptedUploads ? DropFirst() : null;
                }
            }
        }

        if (entered)
        {
            upload.Turn.Release();
        }

        holder.Dispose();
        if (tooMany is not null)
        {
            await tooMany.DisposeAsync();
        }
    }

    private Upload DropFirst()
    {
        var first = _parked.First!.Value;
        _parked.RemoveFirst();
        _uploads.Remove(first.Name);
        return first;
    }

    private void DropExpired()
    {
        var expired = new List<Upload>();
        lock (_lock)
        {
            while (_parked.First is { } first && _time.GetElapsedTime(first.Value.ParkedAt) >= _options.UploadLifetime)
            {
                expired.Add(DropFirst());
            }
        }

        foreach (var upload in expired)
        {
            _ = upload.DisposeAsync().AsTask();
        }
    }

    /// <summary>An upload in the hands of one call; disposal parks it for the next.</summary>
    public sealed class Held : IAsyncDisposable
    {
        private readonly InterruptedUploads _uploads;
        private readonly Upload _upload;
        private readonly CancellationTokenSource _holder;

        internal Held(InterruptedUploads uploads, Upload upload, BlobWriter writer, CancellationTokenSource holder)
        {
            _uploads = uploads;
            _upload = upload;
            _holder = holder;
            Writer = writer;
            Cancelled = holder.Token;
        }

        public BlobWriter Writer { get; }

        /// <summary>The call is over, or another one has taken the upload.</summary>
        public CancellationToken Cancelled { get; }

        /// <summary>The upload is complete, or beyond help: nothing to resume.</summary>
        public void Forget() => _upload.Forgotten = true;

        public ValueTask DisposeAsync() => _uploads.ReleaseAsync(_upload, _holder, entered: true);
    }

    internal sealed class Upload(UploadResource name) : IAsyncDisposable
    {
        public UploadResource Name { get; } = name;

        public SemaphoreSlim Turn { get; } = new(1);

        public BlobWriter? Writer { get; set; }

        public CancellationTokenSource? Holder { get; set; }

        public int Users { get; set; }

        public bool Forgotten { get; set; }

        public long ParkedAt { get; set; }

        public async ValueTask DisposeAsync()
        {
            Turn.Dispose();
            if (Writer is not null)
            {
                await Writer.DisposeAsync();
            }
        }
    }
}
