namespace Grpc.Core;

/// <summary>A stream of messages, read one at a time by one reader.</summary>
public interface IAsyncStreamReader<out T>
{
    /// <summary>The message that the last successful <see cref="MoveNext"/> read.</summary>
    T Current { get; }

    /// <summary>Reads the next message; false at the end of the stream.</summary>
    /// <exception cref="RpcException">The call failed, with the status that says why.</exception>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}
