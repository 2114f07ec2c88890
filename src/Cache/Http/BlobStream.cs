using BuildFarm.BlobStore;

namespace BuildFarm.Cache.Http;

/// <summary>A blob as a stream that can be sent from any position.</summary>
internal sealed class BlobStream(BlobReader blob) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => blob.Length;

    public override long Position { get; set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await blob.ReadAsync(Position, buffer, cancellationToken);
        Position += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => Length + offset,
    };

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("blobs are read asynchronously");

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException("a blob never changes");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("a blob never changes");

    public override async ValueTask DisposeAsync()
    {
        await blob.DisposeAsync();
        await base.DisposeAsync();
    }
}
