using BuildFarm.Rpc.Wire;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace BuildFarm.Rpc.Server.Calls;

/// <summary>The messages of a call.</summary>
internal sealed partial class ServerCall
{
    private readonly MessageParser _parser;
    private readonly PipeMessageReader _reader;
    private readonly MessageWriter _writer;

    /// <summary>Guards the response: the deadline may end it while the handler writes.</summary>
    private readonly Lock _gate = new();
    private bool _ended;
    private bool _reading;

    // A reader hears of a reset stream before RequestAborted does.
    private volatile bool _reset;

    /// <summary>Whether the last request came compressed; what an interop server has to check.</summary>
    public bool LastRequestWasCompressed => _parser.LastWasCompressed;

    private bool Compresses => WriteOptions is null || !WriteOptions.Flags.HasFlag(WriteFlags.NoCompress);

    /// <summary>Whether the client, the connection or the deadline has ended the call.</summary>
    private bool IsCancelled => _reset || _deadline is { IsExpired: true } || Http.RequestAborted.IsCancellationRequested;

    /// <summary>Reads the one request of a unary or server-streaming call.</summary>
    /// <exception cref="OperationCanceledException">The call is over.</exception>
    public async ValueTask<T> ReadSingleAsync<T>(Func<DeserializationContext, T> deserializer)
    {
        try
        {
            return await _reader.ReadSingleAsync(deserializer, CancellationToken.None);
        }
        catch (Exception e) when (IsEndOfCall(e))
        {
            throw EndOfCall(e);
        }
    }

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
        catch (Exception e) when (IsEndOfCall(e))
        {
            throw EndOfCall(e);
        }
        finally
        {
            _reading = false;
        }
    }

    /// <summary>Writes the response of a call that has one. It leaves with the status, in one flush.</summary>
    public async ValueTask WriteSingleAsync<T>(T message, Action<T, SerializationContext> serializer)
    {
        await StartResponseAsync();
        lock (_gate)
        {
            if (!_ended)
            {
                _writer.Write(message, serializer, Compresses);
            }
        }
    }

    /// <summary>
    /// Sends the headers. Under the gate, because a deadline that comes between the question and the start would write its status
    /// into headers that are gone.
    /// </summary>
    private Task StartResponseAsync()
    {
        lock (_gate)
        {
            return _ended || Http.Response.HasStarted ? Task.CompletedTask : Http.Response.StartAsync(CancellationToken.None);
        }
    }

    private bool IsEndOfCall(Exception e) => (e is IOException and not BadHttpRequestException) || (e is not RpcException && IsCancelled);

    private OperationCanceledException EndOfCall(Exception e)
    {
        _reset |= e is IOException;
        return new OperationCanceledException("The call is over: the client cancelled it, the connection went, or its deadline passed.", e, CancellationToken);
    }

    private Exception Over() => IsCancelled
        ? new OperationCanceledException("The call is over: the client cancelled it, the connection went, or its deadline passed.", CancellationToken)
        : new InvalidOperationException("The call is over: its handler has returned.");
}
