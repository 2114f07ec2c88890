using System.Buffers;
using System.IO.Pipelines;
using BuildFarm.Rpc.Wire;
using Grpc.Core;

namespace BuildFarm.Rpc.Server.Calls;

/// <summary>
/// The responses of a stream. A message goes into the response's pipe and is flushed at once. While that flush is under way, further
/// messages gather in a buffer and leave together in the next one: a fast producer pays one flush a batch, and a slow one waits for
/// nobody. A write completes early only while little is unsent, which is the stream's backpressure and bounds its memory.
/// </summary>
internal sealed partial class ServerCall
{
    /// <summary>Unsent bytes, of one stream, from which on a write waits for the client.</summary>
    private const int MaxUnsentBytes = 64 * 1024;

    private readonly PipeWriter _output;

    /// <summary>Messages written while a flush is under way; Kestrel's pipe cannot take them then.</summary>
    private PooledBufferWriter? _gathered;
    private MessageWriter? _gatheringWriter;

    /// <summary>The flushing of everything written so far.</summary>
    private Task _sending = Task.CompletedTask;
    private bool _isSending;
    private Task _pendingWrite = Task.CompletedTask;
    private TaskCompletionSource? _roomAgain;

    /// <summary>Bytes in the pipe that no completed flush has sent.</summary>
    private int _unsent;

    private bool IsBufferHint => WriteOptions is not null && WriteOptions.Flags.HasFlag(WriteFlags.BufferHint);

    /// <summary>Writes one message of a stream; completes when the transport has taken enough that memory stays bounded.</summary>
    /// <exception cref="OperationCanceledException">The call is over.</exception>
    /// <exception cref="InvalidOperationException">The write before has not completed.</exception>
    public Task WriteAsync<T>(T message, Action<T, SerializationContext> serializer)
    {
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

            try
            {
                _pendingWrite = _isSending ? Gather(message, serializer) : WriteThrough(message, serializer);
            }
#pragma warning disable CA1031 // A marshaller may throw anything, and a method that returns a task throws through it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                return Task.FromException(e);
            }

            return _pendingWrite;
        }
    }

    private Task WriteThrough<T>(T message, Action<T, SerializationContext> serializer)
    {
        _unsent += _writer.Write(message, serializer, Compresses);
        if (IsBufferHint && _unsent < MaxUnsentBytes)
        {
            return Task.CompletedTask;
        }

        var flush = _output.FlushAsync(CancellationToken.None);
        if (flush.IsCompletedSuccessfully)
        {
            _unsent = 0;
            return flush.Result.IsCanceled ? Task.FromException(Over()) : Task.CompletedTask;
        }

        _isSending = true;
        _sending = SendAsync(flush);
        return _unsent < MaxUnsentBytes ? Task.CompletedTask : _sending;
    }

    private Task Gather<T>(T message, Action<T, SerializationContext> serializer)
    {
        _gathered ??= new PooledBufferWriter();
        _gatheringWriter ??= new MessageWriter(_gathered, Settings.MaxSendMessageSize, null, Settings.ResponseCompressionLevel);
        _gatheringWriter.Compression = _writer.Compression;
        var whole = _gathered.WrittenCount;
        try
        {
            _gatheringWriter.Write(message, serializer, Compresses);
        }
        catch
        {
            _gathered.Truncate(whole);
            throw;
        }

        if (_unsent + _gathered.WrittenCount < MaxUnsentBytes)
        {
            return Task.CompletedTask;
        }

        _roomAgain = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _roomAgain.Task;
    }

    /// <summary>Waits for a flush, then flushes what has gathered meanwhile, until nothing has.</summary>
    private async Task SendAsync(ValueTask<FlushResult> flush)
    {
        while (true)
        {
            try
            {
                await flush.ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The stream is gone; the next write says so.
            }

            lock (_gate)
            {
                _unsent = 0;
                if (_ended || _gathered is null || _gathered.WrittenCount == 0)
                {
                    _isSending = false;
                    ReleaseWriter();
                    return;
                }

                _output.Write(_gathered.WrittenSpan);
                _unsent = _gathered.WrittenCount;
                _gathered.Clear();
                if (_unsent < MaxUnsentBytes)
                {
                    ReleaseWriter();
                }

                flush = _output.FlushAsync(CancellationToken.None);
            }
        }
    }

    private void ReleaseWriter()
    {
        _roomAgain?.SetResult();
        _roomAgain = null;
    }
}
