using BuildFarm.Hosting;
using BuildFarm.V1;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Roots;

namespace BuildFarm.Worker.Offer;

/// <summary>Says what a worker is.</summary>
internal static class OfferBuilder
{
    /// <summary>What every attempt of the worker says of who ran it.</summary>
    public static AttemptFacts Facts(TaskRoot root, string runtime) => new()
    {
        Host = Machine.Read(),
        AgentVersion = AgentVersion,
        Environment = root.Identity,
        Runtime = runtime,
        Image = root.Image,
    };

    private static string AgentVersion => typeof(OfferBuilder).Assembly.GetName().Version?.ToString(3) ?? "";

    public static WorkerOffer Build(WorkerOptions options, HostFacts host, Resources capacity, TaskRoot root, IContainerRuntime runtime)
    {
        var offer = new WorkerOffer
        {
            Pool = options.Pool,
            Capacity = capacity,
            Environment = root.Identity,
            Runtime = runtime.Description,
            Host = host,
            ProtocolVersion = WorkerProtocol.OfThisRelease.Current,
            AgentVersion = AgentVersion,
            Image = root.Image,
        };
        offer.Platform.Add("OSFamily", "linux");
        offer.Platform.Add("Arch", Machine.Architecture());
        offer.Platform.Add("isolation", runtime.Name);
        offer.Platform.Add("network", options.AllowNetwork ? "allowed" : "none");
        offer.Platform.Add("nested-userns", options.AllowNestedUserNamespaces ? "allowed" : "none");
        offer.Platform.Add(HomeProperties.Offered, runtime.TakesHomes ? HomeProperties.All : "fresh");
        offer.Platform.Add(SecretProperties.Offered, runtime.TakesSecrets ? SecretProperties.Files : "none");
        offer.Platform.Add("container-image", root.ImageName);
        return offer;
    }
}
