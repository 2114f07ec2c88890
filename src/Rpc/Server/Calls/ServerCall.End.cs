using BuildFarm.Rpc.Wire;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Rpc.Server.Calls;

/// <summary>The end of a call: its status goes out once, from the handler's result or from the deadline.</summary>
internal sealed partial class ServerCall
{
    private const int NoError = 0x0;
    private const int Cancel = 0x8;

    /// <summary>How long the status of a call that has expired, or whose last write was cancelled, may wait behind data that the client does not take.</summary>
    private static readonly TimeSpan LastFlush = TimeSpan.FromSeconds(1);

    private long _started;
    private bool _isWriteAbandoned;

    /// <summary>Turns a handler's exception into the call's status.</summary>
    public void Fail(Exception exception)
    {
        if (exception is RpcException rpc)
        {
            foreach (var entry in rpc.Trailers)
            {
                ResponseTrailers.Add(entry);
            }

            Status = rpc is WireException ? new Status(StatusCode.InvalidArgument, rpc.Status.Detail, exception) : rpc.Status;
            Log.Failed(Settings.Logger, Method, rpc.StatusCode, rpc.Status.Detail);
        }
        else if (_deadline is { IsExpired: true })
        {
            // The deadline has sent its status already.
            Log.Cancelled(Settings.Logger, Method, exception);
        }
        else if (IsCancelled)
        {
            Status = new Status(StatusCode.Cancelled, "The call was cancelled.", exception);
            Log.Cancelled(Settings.Logger, Method, exception);
        }
        else
        {
            var detail = Settings.EnableDetailedErrors ? $"Exception was thrown by handler. {Describe(exception)}" : "Exception was thrown by handler.";
            Status = new Status(StatusCode.Unknown, detail, exception);
            Log.HandlerThrew(Settings.Logger, Method, exception);
        }
    }

    /// <summary>Sends the status, unless the deadline has sent its own.</summary>
    public async ValueTask EndAsync()
    {
        var isSent = await TryWaitUntilSentAsync();
        if (_deadline is not null && !await _deadline.TryEndAsync())
        {
            return;
        }

        if (!isSent)
        {
            Http.Features.Get<IHttpResetFeature>()?.Reset(Cancel);
            return;
        }

        if (Status.StatusCode == StatusCode.OK)
        {
            // An empty stream that succeeds is not a trailers-only response, which is for errors.
            await StartResponseAsync();
        }

        lock (_gate)
        {
            _ended = true;
            WriteStatus();
        }
    }

    /// <summary>Gives buffers back and counts the call.</summary>
    public void Dispose()
    {
        Settings.Metrics.Stop(_started, Http, Method, Status.StatusCode);
        _writer.Dispose();
        _gatheringWriter?.Dispose();
        _gathered?.Dispose();
        if (!_reading)
        {
            // A read that the handler has abandoned keeps its buffer.
            _parser.Dispose();
        }
    }

    /// <summary>
    /// Ends the call at its deadline, whatever the handler does: DEADLINE_EXCEEDED goes out behind what has been written, and then
    /// the stream is reset, so that neither a handler nor a client that hangs can hold it.
    /// </summary>
    public async Task EndAtDeadlineAsync()
    {
        lock (_gate)
        {
            _ended = true;
            Status = new Status(StatusCode.DeadlineExceeded, "Deadline exceeded.");
            WriteStatus();
        }

        Log.DeadlineExceeded(Settings.Logger, Method);
        var error = NoError;
        try
        {
            await Http.Response.CompleteAsync().WaitAsync(LastFlush, Settings.Clock);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException or IOException)
        {
            error = Cancel;
        }

        Http.Features.Get<IHttpResetFeature>()?.Reset(error);
    }

    /// <summary>The handler waits no more for its last write, so the status may not wait for ever behind it.</summary>
    public void AbandonWrite() => _isWriteAbandoned = true;

    /// <summary>False when the client does not take what an abandoned write has left.</summary>
    private async ValueTask<bool> TryWaitUntilSentAsync()
    {
        try
        {
            await (_isWriteAbandoned ? _sending.WaitAsync(LastFlush, Settings.Clock) : _sending);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static string Describe(Exception exception) => exception.InnerException is null
        ? $"{exception.GetType().Name}: {exception.Message}"
        : $"{exception.GetType().Name}: {exception.Message} {Describe(exception.InnerException)}";

    private void WriteStatus()
    {
        var target = Http.Response.HasStarted ? Http.Features.Get<IHttpResponseTrailersFeature>()?.Trailers : Http.Response.Headers;
        if (target is null || target.IsReadOnly)
        {
            return;
        }

        if (_responseTrailers is not null)
        {
            foreach (var entry in _responseTrailers)
            {
                WriteTrailer(target, entry);
            }
        }

        StatusHeaders.Write(target, Status);
    }

    private void WriteTrailer(IHeaderDictionary target, Metadata.Entry entry)
    {
        if (MetadataHeaders.IsReserved(entry.Key))
        {
            return;
        }

        try
        {
            target.Append(entry.Key, MetadataHeaders.ToHeaderValue(entry));
        }
        catch (InvalidOperationException e)
        {
            // The status must reach the client all the same.
            Log.TrailerDropped(Settings.Logger, Method, entry.Key, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "{Method} failed: {Code} {Detail}")]
        public static partial void Failed(ILogger logger, string method, StatusCode code, string detail);

        [LoggerMessage(2, LogLevel.Debug, "{Method} was cancelled")]
        public static partial void Cancelled(ILogger logger, string method, Exception exception);

        [LoggerMessage(3, LogLevel.Error, "{Method}: its handler threw an exception; the client gets UNKNOWN. Throw RpcException to choose a status")]
        public static partial void HandlerThrew(ILogger logger, string method, Exception exception);

        [LoggerMessage(4, LogLevel.Debug, "{Method} exceeded its deadline")]
        public static partial void DeadlineExceeded(ILogger logger, string method);

        [LoggerMessage(5, LogLevel.Error, "{Method}: trailer {Key} is dropped, because HTTP takes no such value; use a key with -bin")]
        public static partial void TrailerDropped(ILogger logger, string method, string key, Exception exception);
    }
}
