namespace BuildFarm.BlobStore;

/// <summary>Reads a blob that is in memory.</summary>
internal sealed class MemoryBlobReader(ReadOnlyMemory<byte> content) : BlobReader
{
    /// <summary>Reads the blob of no bytes.</summary>
    public static MemoryBlobReader Empty { get; } = new(ReadOnlyMemory<byte>.Empty);

    /// <summary>The whole blob; nobody changes it.</summary>
    public ReadOnlyMemory<byte> Content => content;

    /// <inheritdoc />
    public override long Length => content.Length;

    /// <inheritdoc />
    public override ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (offset >= content.Length)
        {
            return ValueTask.FromResult(0);
        }

        var rest = content.Span[(int)offset..];
        var count = Math.Min(rest.Length, buffer.Length);
        rest[..count].CopyTo(buffer.Span);
        return ValueTask.FromResult(count);
    }

    /// <inheritdoc />
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
