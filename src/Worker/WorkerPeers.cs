using BuildFarm.Hosting.Configuration;

namespace BuildFarm.Worker;

/// <summary>Whom a worker in a process of its own talks to.</summary>
internal sealed class WorkerPeers : ICheckedOptions
{
    /// <summary>The coordinator's gRPC address: <c>http://host:port</c>, <c>https://…</c> or <c>unix:///path</c>.</summary>
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
        foreach (var (name, address) in new[] { (nameof(Coordinator), Coordinator), (nameof(Cache), Cache) })
        {
            if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https" or "unix"))
                yield return $"{name}: \"{address}\" is no address such as http://host:8980";
        }
    }
}
