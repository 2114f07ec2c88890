using Grpc.Core;

namespace BuildFarm.Hosting.Leaders;

/// <summary>
/// How a coordinator that does not lead says who does: it answers every call with UNAVAILABLE and, when it knows, the leader's
/// address in a trailer. Such a call had no effect, so it may be made again at the leader whatever it is.
/// </summary>
public static class LeaderRedirect
{
    /// <summary>The trailer: an address such as <c>http://host:8980</c>.</summary>
    public const string Trailer = "buildfarm-leader";

    /// <summary>The refusal of a coordinator that does not lead.</summary>
    /// <param name="leader">Where the leader is; null when nobody is known to lead.</param>
    public static RpcException Refusal(string? leader) => leader is null
        ? new RpcException(new Status(StatusCode.Unavailable, "this coordinator is a standby, and no other leads yet; try again soon"))
        : new RpcException(
            new Status(StatusCode.Unavailable, $"this coordinator is a standby; {leader} leads"),
            new Metadata { { Trailer, leader } });

    /// <summary>Where a refusal sends its caller; null when it does not.</summary>
    public static Uri? Find(RpcException refusal)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        return refusal.StatusCode == StatusCode.Unavailable && refusal.Trailers.GetValue(Trailer) is { } address ? FarmAddresses.Find(address) : null;
    }
}
