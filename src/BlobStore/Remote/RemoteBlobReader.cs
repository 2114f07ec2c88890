using BuildFarm.BlobStore.Remote.Wire;
using Grpc.Core;

namespace BuildFarm.BlobStore.Remote;

/// <summary>
/// Reads a remote blob as one stream while reads follow each other; a read elsewhere starts a new stream there. Concurrent
/// reads wait for each other.
/// </summary>
internal sealed class RemoteBlobReader(long length, Func<long, AsyncServerStreamingCall<ReadChunk>> start) : BlobReader
{
    private readonly SemaphoreSlim _turn = new(1);
    private AsyncServerStreamingCall<ReadChunk>? _call;
    private ReadChunk? _chunk;
    private int _taken;
    private long _position;

    /// <inheritdoc />
    public override long Length => length;

    /// <summary>Waits for the first bytes.</summary>
    public async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        _call = start(0);
        await FillAsync(cancellationToken);
    }

    /// <inheritdoc />
    public override async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (offset >= length || buffer.IsEmpty)
        {
            return 0;
        }

        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (offset != _position)
            {
                EndCall();
                _position = offset;
                _call = start(offset);
            }

            if (!await FillAsync(cancellationToken))
            {
                return 0;
            }

            var count = Math.Min(buffer.Length, _chunk!.Data.Length - _taken);
            _chunk.Data.Slice(_taken, count).CopyTo(buffer);
            _taken += count;
            _position += count;
            return count;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc />
    public override ValueTask DisposeAsync()
    {
        EndCall();
        _turn.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        while (_chunk is null || _taken == _chunk.Data.Length)
        {
            _chunk?.Dispose();
            _chunk = null;
            _taken = 0;
            if (!await _call!.ResponseStream.MoveNext(cancellationToken))
            {
                return false;
            }

            _chunk = _call.ResponseStream.Current;
        }

        return true;
    }

    private void EndCall()
    {
        _chunk?.Dispose();
        _chunk = null;
        _taken = 0;
        _call?.Dispose();
        _call = null;
    }
}
