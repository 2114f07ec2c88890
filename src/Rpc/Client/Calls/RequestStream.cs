using System.Net;
using BuildFarm.Rpc.Wire;
using Grpc.Core;
using Grpc.Net.Client.Retries;

namespace Grpc.Net.Client.Calls;

/// <summary>
/// The messages of a streaming request. A write waits until the transport has taken the message, so a slow server holds the caller back. While the call may still be tried again,
/// the buffer keeps all that was written; afterwards it holds one message at a time.
/// </summary>
internal sealed class RequestStream<T> : RequestContent, IClientStreamWriter<T>
{
    private readonly ClientCall _call;
    private readonly Marshaller<T> _marshaller;
    private readonly RetryBudget _budget;
    private readonly bool _endsByItself;
    private readonly PooledBufferWriter _buffer = new();
    private readonly MessageWriter _writer;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly AttemptStream _stream = new();
    private long _budgetHeld;
    private int _writing;
    private bool _completeCalled;
    private volatile bool _keeps;
    private volatile bool _sentForGood;

    /// <summary>Makes the stream of <paramref name="call"/>, which <paramref name="endsByItself"/> when nobody has to read responses for its status to be known.</summary>
    public RequestStream(ClientCall call, Marshaller<T> marshaller, RetryBudget budget, bool keepForRetries, bool endsByItself)
    {
        _call = call;
        _marshaller = marshaller;
        _budget = budget;
        _keeps = keepForRetries;
        _endsByItself = endsByItself;
        var messages = call.Messages;
        _writer = new MessageWriter(_buffer, messages.MaxSendSize, messages.RequestCompression);
        WriteOptions = call.WriteOptions;
    }

    public WriteOptions? WriteOptions { get; set; }

    public override bool CanReplay => !_sentForGood;

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        if (_completeCalled)
        {
            throw new InvalidOperationException("The request stream is complete; nothing can be written after CompleteAsync.");
        }

        if (Interlocked.Exchange(ref _writing, 1) != 0)
        {
            throw new InvalidOperationException("A write is under way already; a stream has one writer at a time.");
        }

        var cancellation = cancellationToken.CanBeCanceled
            ? cancellationToken.UnsafeRegister(static state => ((ClientCall)state!).Cancel(), _call)
            : default;
        try
        {
            var unsent = await SendOrKeepAsync(message).ConfigureAwait(false);
            if (unsent.NextAttempt is { } nextAttempt)
            {
                await WaitForAttemptAsync(nextAttempt, unsent.Failure).ConfigureAwait(false);
            }
        }
        finally
        {
            cancellation.Unregister();
            Volatile.Write(ref _writing, 0);
        }
    }

    public Task CompleteAsync()
    {
        _completeCalled = true;
        _completed.TrySetResult();
        return Task.CompletedTask;
    }

    public override void OnAttemptFailed() => _stream.EndAttempt();

    public override void OnCommitted() => StopKeeping();

    public override void OnEnded()
    {
        _completed.TrySetCanceled();
        StopKeeping();
        if (_gate.Wait(0))
        {
            ReleaseGate();
        }
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var attempt = _stream.Attempt;
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_sentForGood)
            {
                throw new IOException("the request cannot be sent again: messages of it are gone");
            }

            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            if (_buffer.WrittenCount > 0)
            {
                await SendAsync(stream, 0, flush: true, cancellationToken).ConfigureAwait(false);
            }

            _stream.Attach(stream, attempt);
        }
        finally
        {
            ReleaseGate();
        }

        try
        {
            await _completed.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!_call.HasEnded)
        {
            // The transport has given this stream up. Its response tells why, and whether the transport itself tries another connection; a body that fails first would hide both.
            _ = _stream.Detach(stream);
            await _call.Ended.ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Serialises the message and sends it: a result without an attempt. When no attempt can take it now, the buffer keeps it for the next one to send; <c>Failure</c> is what broke the last one, if it had begun.
    /// </summary>
    private async ValueTask<(Task? NextAttempt, Exception? Failure)> SendOrKeepAsync(T message)
    {
        try
        {
            await _gate.WaitAsync(_call.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw EndedEarly();
        }

        Stream? stream = null;
        try
        {
            if (_call.HasEnded)
            {
                throw EndedEarly();
            }

            var start = Serialize(message);
            (stream, var nextAttached) = _stream.Current;
            if (stream is null)
            {
                return (nextAttached, null);
            }

            var hinted = WriteOptions is { } options && options.Flags.HasFlag(WriteFlags.BufferHint);
            await SendAsync(stream, start, flush: !hinted, _call.Token).ConfigureAwait(false);
            return default;
        }
        catch (Exception e) when (stream is not null)
        {
            return (_stream.Detach(stream), e);
        }
        finally
        {
            ReleaseGate();
        }
    }

    private int Serialize(T message)
    {
        var start = _buffer.WrittenCount;
        try
        {
            _writer.Write(message, _marshaller.ContextualSerializer, WriteOptions is not { } options || !options.Flags.HasFlag(WriteFlags.NoCompress));
        }
        catch (Exception e)
        {
            _buffer.Truncate(start);
            _call.EndWith(e);
            throw _call.Failure();
        }

        var growth = _buffer.WrittenCount - start;
        if (_keeps)
        {
            if (_budget.TryGrow(_buffer.WrittenCount, growth))
            {
                Interlocked.Add(ref _budgetHeld, growth);
            }
            else
            {
                StopKeeping();
            }
        }

        return start;
    }

    /// <summary>Waits until another attempt has sent what the buffer keeps. The gate is free meanwhile: that attempt needs it.</summary>
    private async Task WaitForAttemptAsync(Task nextAttempt, Exception? failure)
    {
        await (failure is null || _endsByItself
            ? Task.WhenAny(nextAttempt, _call.Ended)
            : Task.WhenAny(nextAttempt, _call.Ended, _call.ResponseTask)).ConfigureAwait(false);
        if (!nextAttempt.IsCompletedSuccessfully)
        {
            throw _call.HasEnded || failure is null ? EndedEarly() : _call.WriteFailure(failure);
        }
    }

    private Exception EndedEarly() => _call.Failure();

    /// <summary>
    /// Sends what the buffer holds from <paramref name="start"/> on. Once it no longer keeps what was sent, the right to send again ends before the first byte leaves: the server's
    /// status may overtake the end of the write.
    /// </summary>
    private async ValueTask SendAsync(Stream stream, int start, bool flush, CancellationToken cancellationToken)
    {
        _sentForGood |= !_keeps;
        await stream.WriteAsync(_buffer.WrittenMemory[start..], cancellationToken).ConfigureAwait(false);
        if (flush)
        {
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        if (!_keeps)
        {
            _sentForGood = true;
            _buffer.Clear();
        }
    }

    private void StopKeeping()
    {
        _keeps = false;
        _budget.Release(Interlocked.Exchange(ref _budgetHeld, 0));
    }

    private void ReleaseGate()
    {
        if (_call.HasEnded)
        {
            _buffer.Dispose();
            _writer.Dispose();
        }

        _gate.Release();
    }
}
