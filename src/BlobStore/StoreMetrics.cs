using System.Diagnostics.Metrics;

namespace BuildFarm.BlobStore;

/// <summary>What stores of several tiers or nodes count.</summary>
internal static class StoreMetrics
{
    private static readonly Meter Meter = new("BuildFarm.BlobStore");

    public static Counter<long> Fetched { get; } =
        Meter.CreateCounter<long>("buildfarm.cache.tier.fetched", "{blob}", "Blobs that a read brought from a farther tier to a nearer one.");

    public static Counter<long> WrittenBehind { get; } =
        Meter.CreateCounter<long>("buildfarm.cache.tier.written_behind", "{blob}", "Blobs that reached a farther tier after they were acknowledged, those that it had lost among them.");

    public static Counter<long> LostBehind { get; } =
        Meter.CreateCounter<long>("buildfarm.cache.tier.lost_behind", "{blob}", "Blobs that were evicted before they reached the farther tier.");

    public static Counter<long> DegradedWrites { get; } =
        Meter.CreateCounter<long>("buildfarm.cache.nodes.degraded_writes", "{write}", "Writes that fewer nodes took than should have.");

    public static Counter<long> Healed { get; } =
        Meter.CreateCounter<long>("buildfarm.cache.nodes.healed", "{blob}", "Blobs that were copied to a node that should have had them.");
}
