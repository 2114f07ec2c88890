using System.Diagnostics.Metrics;
using BuildFarm.Hosting.Telemetry;

namespace BuildFarm.Cache;

/// <summary>What the cache counts.</summary>
internal static class CacheMetrics
{
    public static Counter<long> BytesRead { get; } =
        FarmTelemetry.Meter.CreateCounter<long>("buildfarm.cache.blob.read", "By", "Bytes of blobs sent by ByteStream.");

    public static Counter<long> BytesWritten { get; } =
        FarmTelemetry.Meter.CreateCounter<long>("buildfarm.cache.blob.written", "By", "Bytes of blobs taken by ByteStream.");

    public static Counter<long> ActionHits { get; } =
        FarmTelemetry.Meter.CreateCounter<long>("buildfarm.cache.action.hits", "{lookup}", "GetActionResult calls that found a complete result.");

    public static Counter<long> ActionMisses { get; } =
        FarmTelemetry.Meter.CreateCounter<long>("buildfarm.cache.action.misses", "{lookup}", "GetActionResult calls that found none, or one whose blobs are gone.");
}
