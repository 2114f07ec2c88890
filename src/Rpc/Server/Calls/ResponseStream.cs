using Grpc.Core;

namespace BuildFarm.Rpc.Server.Calls;

/// <summary>The responses of a server-streaming or duplex call.</summary>
internal sealed class ResponseStream<T>(ServerCall call, Action<T, SerializationContext> serializer) : IServerStreamWriter<T>
    where T : class
{
    public WriteOptions? WriteOptions
    {
        get => call.WriteOptions;
        set => call.WriteOptions = value;
    }

    public Task WriteAsync(T message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return call.WriteAsync(message, serializer);
    }

    public Task WriteAsync(T message, CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled ? WriteCancellablyAsync(message, cancellationToken) : WriteAsync(message);

    /// <summary>
    /// Cancelling a write ends the wait for room, not the message: it is whole in the pipe, and the call's status follows it. The call has
    /// no other write until that one is out.
    /// </summary>
    private async Task WriteCancellablyAsync(T message, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var write = call.WriteAsync(message, serializer);
        try
        {
            await write.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (!write.IsCompleted)
        {
            call.AbandonWrite();
            throw;
        }
    }
}
