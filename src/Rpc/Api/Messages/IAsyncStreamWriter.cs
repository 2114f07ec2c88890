namespace Grpc.Core;

/// <summary>A stream of messages, written one at a time: a write may start when the one before has completed.</summary>
public interface IAsyncStreamWriter<in T>
{
    /// <summary>Options of the writes that follow; null for the call's own.</summary>
    WriteOptions? WriteOptions { get; set; }

    /// <summary>Writes a message; completes when the transport has taken it, which is the stream's backpressure.</summary>
    Task WriteAsync(T message);

    /// <summary>As <see cref="WriteAsync(T)"/>; cancelling a write under way cancels the call.</summary>
    Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            throw new NotSupportedException("This writer takes no cancellation token; cancel the call instead.");
        }

        return WriteAsync(message);
    }
}
