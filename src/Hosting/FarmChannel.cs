using Grpc.Net.Client;

namespace BuildFarm.Hosting;

/// <summary>How the farm's processes connect to each other.</summary>
public static class FarmChannel
{
    /// <summary>
    /// Options that find a dead peer: a quiet connection with calls under way is pinged after 30 s, and given up 20 s later. A
    /// worker's link and a followed log are silent for long, and a machine that loses its power closes no connection.
    /// </summary>
    public static GrpcChannelOptions Options() => new() { KeepAlivePingDelay = TimeSpan.FromSeconds(30) };
}
