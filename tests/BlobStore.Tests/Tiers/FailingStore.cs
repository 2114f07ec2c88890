using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Tests.Tiers;

/// <summary>A store that can be taken away and given back, and counts what it is asked.</summary>
public sealed class FailingStore(IBlobStore inner) : IBatchBlobStore
{
    private int _opened;
    private int _asked;
    private int _batches;
    private int _refused;

    public bool IsDown { get; set; }

    public int Opened => _opened;

    /// <summary>Digests that it was asked for.</summary>
    public int Asked => _asked;

    /// <summary>Batches of blobs, either way.</summary>
    public int Batches => _batches;

    /// <summary>How often it was asked while it was away.</summary>
    public int Refused => Volatile.Read(ref _refused);

    public async ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken)
    {
        Check();
        Interlocked.Increment(ref _opened);
        // As far away as a network: others come meanwhile.
        await Task.Yield();
        return await inner.OpenAsync(digest, cancellationToken);
    }

    public async ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken)
    {
        Check();
        return new Writer(this, await inner.CreateAsync(digest, cancellationToken));
    }

    public ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
    {
        Check();
        Interlocked.Add(ref _asked, digests.Count);
        return inner.FindMissingAsync(digests, cancellationToken);
    }

    public ValueTask<BlobStoreException?[]> PutManyAsync(IReadOnlyList<BlobContent> blobs, CancellationToken cancellationToken)
    {
        Check();
        Interlocked.Increment(ref _batches);
        return inner.PutManyAsync(blobs, cancellationToken);
    }

    public ValueTask<BlobAnswer[]> GetManyAsync(IReadOnlyList<Digest> digests, CancellationToken cancellationToken)
    {
        Check();
        Interlocked.Increment(ref _batches);
        return inner.GetManyAsync(digests, cancellationToken);
    }

    private void Check()
    {
        if (IsDown)
        {
            Interlocked.Increment(ref _refused);
            throw new BlobStoreUnavailableException("The far store is down. Try again later.");
        }
    }

    private sealed class Writer(FailingStore store, BlobWriter inner) : BlobWriter
    {
        public override long Written => inner.Written;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            store.Check();
            return inner.WriteAsync(bytes, cancellationToken);
        }

        public override ValueTask CommitAsync(CancellationToken cancellationToken)
        {
            store.Check();
            return inner.CommitAsync(cancellationToken);
        }

        public override ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
