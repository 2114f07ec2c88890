using BuildFarm.Hosting;
using BuildFarm.Hosting.Leaders;
using Grpc.Core;
using Grpc.Net.Client;

namespace BuildFarm.Worker.Link;

/// <summary>How a worker reaches its coordinator; a type of its own so that it is never mistaken for another channel.</summary>
/// <param name="Coordinator">Makes calls to the coordinator, or to whichever of several leads.</param>
/// <param name="HasOthers">There are others to try when one does not answer.</param>
public sealed record WorkerConnection(CallInvoker Coordinator, bool HasOthers = false) : IDisposable
{
    private IDisposable? _owned;

    /// <summary>A connection of its own to one coordinator, or to the leader among several.</summary>
    public static WorkerConnection To(IReadOnlyList<Uri> addresses, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        if (addresses.Count > 1)
        {
            var leader = new LeaderInvoker(addresses, time);
            return new WorkerConnection(leader, HasOthers: true) { _owned = leader };
        }

        var channel = GrpcChannel.ForAddress(addresses[0], FarmChannel.Options());
        return new WorkerConnection(channel.CreateCallInvoker()) { _owned = channel };
    }

    /// <summary>Closes what this connection has made for itself.</summary>
    public void Dispose() => _owned?.Dispose();
}
