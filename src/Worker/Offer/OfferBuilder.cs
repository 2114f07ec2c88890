using BuildFarm.Hosting;
using BuildFarm.V1;

namespace BuildFarm.Worker.Offer;

/// <summary>Says what a worker is.</summary>
internal static class OfferBuilder
{
    /// <summary>What every attempt of the worker says of who ran it.</summary>
    public static AttemptFacts Facts(WorkerOptions options, string isolation, string runtime, string image) => new()
    {
        Host = Machine.Read(),
        AgentVersion = AgentVersion,
        Environment = EnvironmentIdentity.Of(isolation, image, options.RootPaths),
        Runtime = runtime,
    };

    private static string AgentVersion => typeof(OfferBuilder).Assembly.GetName().Version?.ToString(3) ?? "";

    public static WorkerOffer Build(WorkerOptions options, HostFacts host, Resources capacity, string isolation, string runtime, string image)
    {
        var offer = new WorkerOffer
        {
            Pool = options.Pool,
            Capacity = capacity,
            Environment = EnvironmentIdentity.Of(isolation, image, options.RootPaths),
            Runtime = runtime,
            Host = host,
            ProtocolVersion = WorkerProtocol.OfThisRelease.Current,
            AgentVersion = AgentVersion,
        };
        offer.Platform.Add("OSFamily", "linux");
        offer.Platform.Add("Arch", Machine.Architecture());
        offer.Platform.Add("isolation", isolation);
        offer.Platform.Add("network", options.AllowNetwork ? "allowed" : "none");
        offer.Platform.Add("nested-userns", options.AllowNestedUserNamespaces ? "allowed" : "none");
        offer.Platform.Add("container-image", image);
        return offer;
    }
}
