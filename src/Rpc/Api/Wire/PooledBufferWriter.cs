using System.Buffers;

namespace BuildFarm.Rpc.Wire;

/// <summary>A growing contiguous buffer over pooled arrays. Reusable after <see cref="Clear"/>; <see cref="Dispose"/> gives the array back. Not thread-safe.</summary>
public sealed class PooledBufferWriter : IBufferWriter<byte>, IDisposable
{
    private const int MinimumSize = 256;

    private byte[] _array = [];
    private int _written;

    /// <summary>Bytes written so far.</summary>
    public int WrittenCount => _written;

    /// <summary>What has been written; valid until the next write, <see cref="Clear"/> or <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _array.AsMemory(0, _written);

    /// <inheritdoc cref="WrittenMemory"/>
    public ReadOnlySpan<byte> WrittenSpan => _array.AsSpan(0, _written);

    /// <summary>Forgets what was written and keeps the array.</summary>
    public void Clear() => _written = 0;

    /// <summary>Drops everything written after the first <paramref name="length"/> bytes.</summary>
    public void Truncate(int length) => _written = Math.Min(_written, length);

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _array.Length - _written);
        _written += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _array.AsMemory(_written);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _array.AsSpan(_written);
    }

    /// <summary>Makes room for at least <paramref name="count"/> more bytes, so that what follows does not grow the array again.</summary>
    public void Reserve(int count)
    {
        var needed = Math.Max(count, 1);
        if (_array.Length - _written >= needed)
        {
            return;
        }

        var size = (int)Math.Min(Array.MaxLength, Math.Max(Math.Max((long)_written + needed, (long)_array.Length * 2), MinimumSize));
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(size, checked(_written + needed)));
        _array.AsSpan(0, _written).CopyTo(larger);
        Return();
        _array = larger;
    }

    /// <summary>Gives the array back. The writer stays usable and rents again on the next write.</summary>
    public void Dispose()
    {
        Return();
        _array = [];
        _written = 0;
    }

    private void Return()
    {
        if (_array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_array);
        }
    }
}
