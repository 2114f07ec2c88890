using System.IO.Pipelines;
using BuildFarm.Rpc.Wire;
using Grpc.Core;

namespace BuildFarm.Rpc.Server.Calls;

/// <summary>The messages of a call: reading pulls them from the request's pipe, writing pushes them into the response's.</summary>
internal sealed partial class ServerCall
{
    /// <summary>
    /// Bytes that a stream may have in the response's pipe before a write waits. While a flush is under way further small
    /// messages join the next one, so a fast producer costs one flush a batch; the limit is what bounds memory behind a slow reader.
    /// </summary>
    private const int MaxUnflushedBytes = 64 * 1024;

    private readonly PipeWriter _output;
    private readonly MessageParser _parser;
    private readonly PipeMessageReader _reader;
    private readonly MessageWriter _writer;

    /// <summary>Guards the response: the deadline may end it while the handler writes.</summary>
    private readonly Lock _gate = new();
    private bool _ended;
    private bool _reading;
    private Task _flush = Task.CompletedTask;
    private Task _pendingWrite = Task.CompletedTask;

    /// <summary>Bytes in flushes that have not completed.</summary>
    private long _flushing;

    /// <summary>Bytes written since the last flush began.</summary>
    private long _buffered;

    /// <summary>Whether the last request came compressed; what an interop server has to check.</summary>
    public bool LastRequestWasCompressed => _parser.LastWasCompressed;

    /// <summary>Reads the one request of a unary or server-streaming call.</summary>
    public ValueTask<T> ReadSingleAsync<T>(Func<DeserializationContext, T> deserializer) => _reader.ReadSingleAsync(deserializer, CancellationToken.None);

    /// <summary>Reads the next request of a stream.</summary>
    /// <exception cref="OperationCanceledException">The call is over, or the caller's token is cancelled.</exception>
    public async ValueTask<ReadMessage<T>> ReadAsync<T>(Func<DeserializationContext, T> deserializer, CancellationToken cancellationToken)
    {
        if (_ended)
        {
            throw Over();
        }

        if (_reading)
        {
            throw new InvalidOperationException("The previous read has not completed; read a stream one message at a time.");
        }

        _reading = true;
        try
        {
            return await _reader.ReadAsync(deserializer, cancellationToken);
        }
        catch (Exception e) when (e is not RpcException && IsCancelled)
        {
            throw new OperationCanceledException("The call is over: the client cancelled it, the connection went, or its deadline passed.", e, CancellationToken);
        }
        finally
        {
            _reading = false;
        }
    }

    /// <summary>Writes the response of a call that has one. It leaves with the status, in one flush.</summary>
    public async ValueTask WriteSingleAsync<T>(T message, Action<T, SerializationContext> serializer)
    {
        if (!Http.Response.HasStarted)
        {
            await Http.Response.StartAsync(CancellationToken.None);
        }

        lock (_gate)
        {
            if (!_ended)
            {
                _writer.Write(message, serializer, Compresses);
            }
        }
    }

    /// <summary>Writes one message of a stream; completes when the transport has taken enough that memory stays bounded.</summary>
    /// <exception cref="OperationCanceledException">The call is over.</exception>
    /// <exception cref="InvalidOperationException">The write before has not completed.</exception>
    public Task WriteAsync<T>(T message, Action<T, SerializationContext> serializer)
    {
        ValueTask<FlushResult> flush;
        lock (_gate)
        {
            if (_ended || Http.RequestAborted.IsCancellationRequested)
            {
                return Task.FromException(Over());
            }

            if (!_pendingWrite.IsCompleted)
            {
                return Task.FromException(new InvalidOperationException("The previous write has not completed; write a stream one message at a time."));
            }

            if (_flush.IsCompleted)
            {
                _flushing = 0;
            }

            try
            {
                _buffered += _writer.Write(message, serializer, Compresses);
            }
            catch (Exception e)
            {
                return Task.FromException(e);
            }

            if (BuffersOnly && _flushing + _buffered < MaxUnflushedBytes)
            {
                return Task.CompletedTask;
            }

            _flushing += _buffered;
            _buffered = 0;
            flush = _output.FlushAsync(CancellationToken.None);
            if (!flush.IsCompletedSuccessfully)
            {
                _flush = flush.AsTask();
                _pendingWrite = _flushing < MaxUnflushedBytes ? Task.CompletedTask : _flush;
                return _pendingWrite;
            }

            _flush = Task.CompletedTask;
        }

        return flush.Result.IsCanceled ? Task.FromException(Over()) : Task.CompletedTask;
    }

    private bool Compresses => WriteOptions is null || !WriteOptions.Flags.HasFlag(WriteFlags.NoCompress);

    private bool BuffersOnly => WriteOptions is not null && WriteOptions.Flags.HasFlag(WriteFlags.BufferHint);

    /// <summary>Whether the client, the connection or the deadline has ended the call.</summary>
    private bool IsCancelled => _deadline is { IsExpired: true } || Http.RequestAborted.IsCancellationRequested;

    private Exception Over() => IsCancelled
        ? new OperationCanceledException("The call is over: the client cancelled it, the connection went, or its deadline passed.", CancellationToken)
        : new InvalidOperationException("The call is over: its handler has returned.");
}
