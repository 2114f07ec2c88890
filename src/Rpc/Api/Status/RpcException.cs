namespace Grpc.Core;

/// <summary>A call that ended with a status other than OK. A server throws it to choose the status it sends.</summary>
public class RpcException : Exception
{
    /// <summary>An exception with a status and no trailers.</summary>
    public RpcException(Status status)
        : this(status, Metadata.Empty, status.ToString())
    {
    }

    /// <summary>An exception with a message of its own; the message stays local.</summary>
    public RpcException(Status status, string message)
        : this(status, Metadata.Empty, message)
    {
    }

    /// <summary>An exception with trailers; a server sends them with the status.</summary>
    public RpcException(Status status, Metadata trailers)
        : this(status, trailers, status.ToString())
    {
    }

    /// <summary>An exception with trailers and a local message.</summary>
    public RpcException(Status status, Metadata trailers, string message)
        : base(message, status.DebugException)
    {
        ArgumentNullException.ThrowIfNull(trailers);
        Status = status;
        Trailers = trailers;
    }

    /// <summary>The status.</summary>
    public Status Status { get; }

    /// <summary>The code of <see cref="Status"/>.</summary>
    public StatusCode StatusCode => Status.StatusCode;

    /// <summary>The call's trailers; empty when there were none.</summary>
    public Metadata Trailers { get; }
}
