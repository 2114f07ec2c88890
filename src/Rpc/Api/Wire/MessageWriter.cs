using System.Buffers;
using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Compression;

namespace BuildFarm.Rpc.Wire;

/// <summary>
/// Serialises messages, each behind its frame header, into one buffer writer: a response's pipe or a request's pooled buffer. One instance serves all messages of a call, one at a time.
/// When the marshaller announces the payload's length and the message is not compressed, its bytes go straight into the output; otherwise they pass through a pooled buffer.
/// After an exception the output may hold part of a frame, so the stream has to be given up.
/// </summary>
public sealed class MessageWriter : SerializationContext, IBufferWriter<byte>, IDisposable
{
    private readonly IBufferWriter<byte> _output;
    private readonly int? _maxMessageSize;
    private readonly CompressionLevel? _compressionLevel;
    private PooledBufferWriter? _staging;
    private PooledBufferWriter? _compressed;
    private State _state;
    private bool _compress;
    private int? _announced;
    private int _direct;
    private int _frameLength;

    /// <summary>Frames messages into <paramref name="output"/>.</summary>
    /// <param name="output">Where frames go. Flushing it is the caller's business.</param>
    /// <param name="maxMessageSize">The largest payload in bytes before compression; null for no limit.</param>
    /// <param name="compression">The encoding that was announced in <c>grpc-encoding</c>; null for none.</param>
    /// <param name="compressionLevel">The level for <paramref name="compression"/>; null for the provider's own.</param>
    public MessageWriter(IBufferWriter<byte> output, int? maxMessageSize, ICompressionProvider? compression = null, CompressionLevel? compressionLevel = null)
    {
        _output = output;
        _maxMessageSize = maxMessageSize;
        _compressionLevel = compressionLevel;
        Compression = compression;
    }

    private enum State
    {
        Idle,
        Started,
        Direct,
        Staged,
    }

    /// <summary>The encoding of messages that are compressed; null while none are.</summary>
    public ICompressionProvider? Compression { get; set; }

    /// <summary>Writes one frame. Synchronous: only a flush of the output can wait.</summary>
    /// <param name="message">The message.</param>
    /// <param name="serializer">A marshaller's <c>ContextualSerializer</c>.</param>
    /// <param name="compress">Whether to compress when there is an encoding; false for <see cref="WriteFlags.NoCompress"/>.</param>
    /// <returns>The bytes written: header and payload.</returns>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED for a message over the limit; INTERNAL when the marshaller breaks its contract.</exception>
    public int Write<T>(T message, Action<T, SerializationContext> serializer, bool compress = true)
    {
        _state = State.Started;
        _compress = compress && Compression is not null;
        _announced = null;
        _direct = 0;
        serializer(message, this);
        if (_state != State.Idle)
        {
            throw WireError.Internal($"the marshaller of {typeof(T).Name} did not complete its message");
        }

        return _frameLength;
    }

    /// <inheritdoc/>
    public override void SetPayloadLength(int payloadLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(payloadLength);
        CheckSize(payloadLength);
        _announced = payloadLength;
    }

    /// <inheritdoc/>
    public override IBufferWriter<byte> GetBufferWriter()
    {
        if (_state == State.Started)
        {
            StartPayload();
        }

        return _state switch
        {
            State.Direct => this,
            State.Staged => _staging!,
            _ => throw new InvalidOperationException("The message is complete."),
        };
    }

    /// <inheritdoc/>
    public override void Complete(byte[] payload)
    {
        if (_state != State.Started)
        {
            throw new InvalidOperationException("The message has been started or completed already.");
        }

        WritePayload(payload);
        _state = State.Idle;
    }

    /// <inheritdoc/>
    public override void Complete()
    {
        switch (_state)
        {
            case State.Started:
                WritePayload([]);
                break;
            case State.Direct when _direct != _announced:
                throw WireError.Internal($"the marshaller announced {_announced} bytes and wrote {_direct}");
            case State.Direct:
                break;
            case State.Staged:
                WritePayload(_staging!.WrittenSpan);
                break;
            default:
                throw new InvalidOperationException("The message is complete.");
        }

        _state = State.Idle;
    }

    /// <summary>Gives pooled buffers back. The output stays as it is.</summary>
    public void Dispose()
    {
        _staging?.Dispose();
        _compressed?.Dispose();
    }

    void IBufferWriter<byte>.Advance(int count)
    {
        _output.Advance(count);
        _direct += count;
    }

    Memory<byte> IBufferWriter<byte>.GetMemory(int sizeHint) => _output.GetMemory(sizeHint);

    Span<byte> IBufferWriter<byte>.GetSpan(int sizeHint) => _output.GetSpan(sizeHint);

    private void StartPayload()
    {
        if (_announced is { } length && !_compress)
        {
            (_output as PooledBufferWriter)?.Reserve(FrameHeader.Size + length);
            WriteHeader(compressed: false, length);
            _state = State.Direct;
            return;
        }

        (_staging ??= new PooledBufferWriter()).Clear();
        _staging.Reserve(_announced ?? 0);
        _state = State.Staged;
    }

    private void WritePayload(ReadOnlySpan<byte> payload)
    {
        CheckSize(payload.Length);
        if (!_compress)
        {
            WriteHeader(compressed: false, payload.Length);
            _output.Write(payload);
            return;
        }

        (_compressed ??= new PooledBufferWriter()).Clear();
        MessageCompression.Compress(Compression!, _compressionLevel, payload, _compressed);
        WriteHeader(compressed: true, _compressed.WrittenCount);
        _output.Write(_compressed.WrittenSpan);
    }

    private void WriteHeader(bool compressed, int length)
    {
        new FrameHeader(compressed, length).Write(_output.GetSpan(FrameHeader.Size));
        _output.Advance(FrameHeader.Size);
        _frameLength = FrameHeader.Size + length;
    }

    private void CheckSize(int size)
    {
        if (size > _maxMessageSize)
        {
            throw WireError.SentTooLarge(size, _maxMessageSize.Value);
        }
    }
}
