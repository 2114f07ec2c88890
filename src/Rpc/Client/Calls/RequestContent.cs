using System.Net;
using BuildFarm.Rpc.Wire;

namespace Grpc.Net.Client.Calls;

/// <summary>The body of a call's requests: the same for each attempt, so it may be sent more than once.</summary>
internal abstract class RequestContent : HttpContent
{
    protected RequestContent() => Headers.TryAddWithoutValidation("Content-Type", ProtocolNames.ContentType);

    /// <summary>Whether all that was written so far can be sent again.</summary>
    public abstract bool CanReplay { get; }

    /// <summary>The attempt is over and another begins.</summary>
    public abstract void OnAttemptFailed();

    /// <summary>There will be no other attempt.</summary>
    public abstract void OnCommitted();

    /// <summary>The call is over; nothing more is sent.</summary>
    public abstract void OnEnded();

    protected sealed override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected sealed override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected abstract override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken);
}
