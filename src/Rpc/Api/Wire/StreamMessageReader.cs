using System.Buffers;
using System.Runtime.CompilerServices;
using Grpc.Core;

namespace BuildFarm.Rpc.Wire;

/// <summary>
/// Reads messages from a stream, such as a response's body, through one pooled buffer that holds a whole frame contiguously. Reading pulls: at most the frame that is asked for and a few KiB
/// after it are taken from the stream. One read at a time; <see cref="Dispose"/> only when none is under way.
/// </summary>
public sealed class StreamMessageReader(Stream input, MessageParser parser) : IDisposable
{
    private const int ReadAhead = 4 * 1024;

    private byte[] _buffer = [];
    private int _start;
    private int _end;

    /// <summary>Reads the next message; no value when the peer has closed its side after a whole message.</summary>
    /// <exception cref="RpcException">INTERNAL when the stream ends inside a message, and as <see cref="MessageParser.Parse"/>.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ReadMessage<T>> ReadAsync<T>(Func<DeserializationContext, T> deserializer, CancellationToken cancellationToken)
    {
        if (!await FillAsync(FrameHeader.Size, cancellationToken).ConfigureAwait(false))
        {
            return _end == _start ? default(ReadMessage<T>) : throw Truncated();
        }

        var header = FrameHeader.Read(_buffer.AsSpan(_start), parser.MaxMessageSize);
        if (!await FillAsync(FrameHeader.Size + header.Length, cancellationToken).ConfigureAwait(false))
        {
            throw Truncated();
        }

        var message = parser.Parse(header, new ReadOnlySequence<byte>(_buffer, _start + FrameHeader.Size, header.Length), deserializer);
        _start += FrameHeader.Size + header.Length;
        return new ReadMessage<T>(message);
    }

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        _start = _end = 0;
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static WireException Truncated() => WireError.Broken("the stream ended inside a message");

    /// <summary>Reads until the buffer holds <paramref name="count"/> bytes; false at the end of the stream.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FillAsync(int count, CancellationToken cancellationToken)
    {
        while (_end - _start < count)
        {
            MakeRoom(count);
            var want = Math.Min(_buffer.Length - _end, count - (_end - _start) + ReadAhead);
            var read = await input.ReadAsync(_buffer.AsMemory(_end, want), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return false;
            }

            _end += read;
        }

        return true;
    }

    private void MakeRoom(int count)
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }

        if (_buffer.Length - _start >= count && _end < _buffer.Length)
        {
            return;
        }

        var held = _end - _start;
        if (_buffer.Length >= count + ReadAhead)
        {
            _buffer.AsSpan(_start, held).CopyTo(_buffer);
        }
        else
        {
            var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Array.MaxLength, (long)count + ReadAhead));
            _buffer.AsSpan(_start, held).CopyTo(larger);
            if (_buffer.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
            }

            _buffer = larger;
        }

        _start = 0;
        _end = held;
    }
}
