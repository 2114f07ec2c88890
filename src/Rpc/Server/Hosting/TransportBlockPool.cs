using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace BuildFarm.Rpc.Server.Hosting;

/// <summary>
/// Blocks for Kestrel's pipes, larger than its own 4 KiB: a socket is read a block at a time, so the size decides how many system calls and wake-ups a large message costs. A quiet stream
/// can hold a block or two, which is the price. Free blocks are kept up to a limit. Thread-safe.
/// </summary>
internal sealed class TransportBlockPool : MemoryPool<byte>
{
    /// <summary>Bytes of a block.</summary>
    public const int BlockSize = 32 * 1024;

    /// <summary>Free blocks that are kept, 32 MiB of them; more are left to the garbage collector.</summary>
    public const int MaxFree = 1024;

    private readonly ConcurrentQueue<Block> _free = new();
    private int _freeCount;
    private volatile bool _disposed;

    /// <inheritdoc/>
    public override int MaxBufferSize => BlockSize;

    /// <summary>Blocks that wait to be rented.</summary>
    public int FreeCount => Volatile.Read(ref _freeCount);

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">More than <see cref="MaxBufferSize"/> is asked for.</exception>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_free.TryDequeue(out var block))
        {
            return new Block(this);
        }

        Interlocked.Decrement(ref _freeCount);
        block.OnRented();
        return block;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        _free.Clear();
    }

    private void Return(Block block)
    {
        if (_disposed)
        {
            return;
        }

        if (Interlocked.Increment(ref _freeCount) > MaxFree)
        {
            Interlocked.Decrement(ref _freeCount);
            return;
        }

        _free.Enqueue(block);
    }

    /// <summary>Pinned, so that a receive under way does not hold up the garbage collector.</summary>
    private sealed class Block(TransportBlockPool pool) : IMemoryOwner<byte>
    {
        private int _rented = 1;

        public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true), 0, BlockSize);

        public void OnRented() => Volatile.Write(ref _rented, 1);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _rented, 0) == 1)
            {
                pool.Return(this);
            }
        }
    }
}
