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

    /// <summary>Bytes of a message may be out already, so cancelling a write can only cancel the call.</summary>
    private async Task WriteCancellablyAsync(T message, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await using (cancellationToken.UnsafeRegister(static state => ((ServerCall)state!).Reset(), call))
        {
            await call.WriteAsync(message, serializer);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }
}
