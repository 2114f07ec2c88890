using BuildFarm.Hosting.Configuration;
using BuildFarm.Hosting.Leaders;

namespace BuildFarm.Worker;

/// <summary>Whom a worker in a process of its own talks to.</summary>
internal sealed class WorkerPeers : ICheckedOptions
{
    /// <summary>
    /// The coordinator's gRPC address: <c>http://host:port</c>, <c>https://…</c> or <c>unix:///path</c>. Of several coordinators
    /// all, with commas between them, in any order: the worker finds the one that leads.
    /// </summary>
    public string Coordinator { get; set; } = "";

    /// <summary>The cache's; the coordinator's when it serves both.</summary>
    public string Cache
    {
        get => field.Length > 0 ? field : Coordinator;
        set;
    }

        = "";

    /// <summary>REAPI instance name; empty for the default one.</summary>
    public string Instance { get; set; } = "";

    public IEnumerable<string> FindProblems()
    {
        if (FarmAddresses.Parse(Coordinator, out var wrong) is not { } coordinators)
            yield return $"{nameof(Coordinator)}: \"{wrong}\" is no address such as http://host:8980";
        else if (coordinators.Count > 1 && Cache == Coordinator)
            yield return $"{nameof(Cache)}: several coordinators have their cache apart; say where it is";
        if (Cache != Coordinator && FarmAddresses.Find(Cache) is null)
            yield return $"{nameof(Cache)}: \"{Cache}\" is no address such as http://host:8980";
    }
}
