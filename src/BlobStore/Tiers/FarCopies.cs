using System.Collections.Concurrent;
using System.Threading.Channels;
using BuildFarm.Digests;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Tiers;

/// <summary>
/// What the nearer tier has and the farther one should: copies what was written behind, and looks from time to time whether
/// the farther one still has what is used here, which also prolongs its life there. It tries until a copy is made or the blob
/// is gone from the nearer tier.
/// </summary>
internal sealed partial class FarCopies : IAsyncDisposable
{
    private const int Waiting = 100_000;
    private const int BatchSize = 1000;
    private const int Copiers = 4;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly IBlobStore _near;
    private readonly IBlobStore _far;
    private readonly TimeSpan _confirmEvery;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ended = new();
    private readonly Channel<Digest> _copies = Channel.CreateBounded<Digest>(Waiting);
    private readonly Channel<Digest> _questions = Channel.CreateBounded<Digest>(new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ConcurrentDictionary<Digest, bool> _queued = new();
    private readonly GenerationalMap<Digest, long> _confirmed = new(capacity: 256 * 1024);
    private readonly Task[] _running;

    public FarCopies(IBlobStore near, IBlobStore far, TimeSpan confirmEvery, TimeProvider time, ILogger logger)
    {
        _near = near;
        _far = far;
        _confirmEvery = confirmEvery;
        _time = time;
        _logger = logger;
        _running = [Task.Run(AskAsync), .. Enumerable.Range(0, Copiers).Select(_ => Task.Run(CopyAsync))];
    }

    /// <summary>Blobs that wait for their copy.</summary>
    public int Count => _queued.Count;

    /// <summary>Will copy the blob. False when too many wait already.</summary>
    public bool TryAdd(Digest digest)
    {
        if (!_queued.TryAdd(digest, true) || _copies.Writer.TryWrite(digest))
        {
            return true;
        }

        _queued.TryRemove(digest, out _);
        return false;
    }

    /// <summary>The farther tier has it for sure.</summary>
    public void Confirm(Digest digest) => _confirmed.Set(digest, _time.GetTimestamp());

    /// <summary>Somebody uses it here. Whether the farther tier has it is asked now and then, behind.</summary>
    public void Used(Digest digest)
    {
        if (!_confirmed.TryGet(digest, out var since) || _time.GetElapsedTime(since) >= _confirmEvery)
        {
            Confirm(digest);
            _questions.Writer.TryWrite(digest);
        }
    }

    /// <summary>Ends; what still waits is logged.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await Task.WhenAll(_running);
        if (Count > 0)
        {
            LogLeft(Count);
        }

        _ended.Dispose();
    }

    private async Task AskAsync()
    {
        try
        {
            while (await _questions.Reader.WaitToReadAsync(_ended.Token))
            {
                var batch = new HashSet<Digest>();
                while (batch.Count < BatchSize && _questions.Reader.TryRead(out var digest))
                {
                    batch.Add(digest);
                }

                await AskAsync(batch);
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async Task AskAsync(HashSet<Digest> batch)
    {
        try
        {
            foreach (var digest in await _far.FindMissingAsync(batch, _ended.Token))
            {
                TryAdd(digest);
            }
        }
        catch (BlobStoreException)
        {
            // Asked again when somebody next uses them.
            foreach (var digest in batch)
            {
                _confirmed.Remove(digest);
            }
        }
    }

    private async Task CopyAsync()
    {
        try
        {
            await foreach (var digest in _copies.Reader.ReadAllAsync(_ended.Token))
            {
                await CopyAsync(digest);
                _queued.TryRemove(digest, out _);
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async Task CopyAsync(Digest digest)
    {
        while (true)
        {
            try
            {
                if (await BlobCopy.RunAsync(digest, _near, _far, _ended.Token))
                {
                    Confirm(digest);
                    StoreMetrics.WrittenBehind.Add(1);
                    return;
                }

                StoreMetrics.LostBehind.Add(1);
                LogLost(digest);
                return;
            }
            catch (BlobStoreUnavailableException)
            {
                await Task.Delay(Pause, _time, _ended.Token);
            }
            catch (Exception e) when (e is BlobStoreException or IOException)
            {
                LogFailed(digest, e.Message);
                return;
            }
        }
    }

    [LoggerMessage(EventId = 261, Level = LogLevel.Warning, Message = "blob {Digest} was evicted before it reached the farther tier")]
    private partial void LogLost(Digest digest);

    [LoggerMessage(EventId = 262, Level = LogLevel.Warning, Message = "blob {Digest} did not reach the farther tier: {Problem}")]
    private partial void LogFailed(Digest digest, string problem);

    [LoggerMessage(EventId = 263, Level = LogLevel.Warning, Message = "{Count} blobs have not reached the farther tier; they do when somebody next asks for them here")]
    private partial void LogLeft(int count);
}
