using Grpc.Core;

namespace Grpc.Net.Client.Calls;

/// <summary>How a call ended.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Trailers">Its trailers; null to read them from the response when somebody asks.</param>
internal sealed record CallOutcome(Status Status, Metadata? Trailers)
{
    public static readonly CallOutcome Success = new(Status.DefaultSuccess, null);
}
