using BuildFarm.Cache.Resources;
using BuildFarm.Digests;

namespace BuildFarm.Cache.Streams;

/// <summary>
/// Which blobs are on their way, so that two clients that upload the same one cost one write: the second waits, unread, and is told that the blob
/// is there. It goes on by itself when the first ends without it, or brings nothing for a while.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class UploadsInFlight(TimeProvider time)
{
    // What is smaller has come before anybody could wait for it.
    private const long LeastBytes = 64 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<Digest, Flight> _flights = [];
    private long _waiting;

    /// <summary>Uploads that wait for another one of their blob.</summary>
    public long Waiting => Volatile.Read(ref _waiting);

    /// <summary>Waits while another upload of the blob gets on, and then counts as the one that brings it.</summary>
    /// <param name="upload">An upload under the same name never waits: it takes the first one over.</param>
    /// <param name="written">Bytes that this one has brought.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>To be disposed when the upload ends; whether it has waited, and the blob may be there by now.</returns>
    public async ValueTask<Flight> EnterAsync(UploadResource upload, Func<long> written, CancellationToken cancellationToken)
    {
        var mine = new Flight(this, upload, written);
        while (true)
        {
            Flight? first;
            lock (_lock)
            {
                if (upload.Digest.SizeBytes < LeastBytes || !_flights.TryGetValue(upload.Digest, out first) || first.Upload == upload)
                {
                    _flights[upload.Digest] = mine;
                    return mine;
                }
            }

            mine.HasWaited = true;
            if (!await WaitAsync(first, cancellationToken))
            {
                // It stands still: this one is written beside it.
                return mine;
            }
        }
    }

    // False when the other brings nothing.
    private async ValueTask<bool> WaitAsync(Flight first, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            while (true)
            {
                var before = first.Written();
                try
                {
                    await first.Ended.Task.WaitAsync(Patience, time, cancellationToken);
                    return true;
                }
                catch (TimeoutException)
                {
                    if (first.Written() == before)
                    {
                        return false;
                    }
                }
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>One upload that brings a blob.</summary>
    internal sealed class Flight(UploadsInFlight all, UploadResource upload, Func<long> written) : IDisposable
    {
        public UploadResource Upload { get; } = upload;

        public Func<long> Written { get; } = written;

        public bool HasWaited { get; set; }

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Dispose()
        {
            lock (all._lock)
            {
                if (all._flights.TryGetValue(Upload.Digest, out var current) && current == this)
                {
                    all._flights.Remove(Upload.Digest);
                }
            }

            Ended.TrySetResult();
        }
    }
}
