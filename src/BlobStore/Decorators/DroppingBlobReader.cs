namespace BuildFarm.BlobStore.Decorators;

/// <summary>Tells a store once that what it gave was wrong, so that the next look-up is a miss.</summary>
internal sealed class DroppingBlobReader(BlobReader inner, Func<ValueTask> drop) : BlobReader
{
    private int _dropped;

    /// <inheritdoc />
    public override long Length => inner.Length;

    /// <inheritdoc />
    public override async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await inner.ReadAsync(offset, buffer, cancellationToken);
        }
        catch (CorruptBlobException) when (Interlocked.Exchange(ref _dropped, 1) == 0)
        {
            await drop();
            throw;
        }
    }

    /// <inheritdoc />
    public override ValueTask DisposeAsync() => inner.DisposeAsync();
}
