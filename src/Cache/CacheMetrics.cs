using System.Diagnostics.Metrics;
using BuildFarm.Hosting.Telemetry;

namespace BuildFarm.Cache;

/// <summary>What the cache counts.</summary>
internal static class CacheMetrics
{
    public static Counter<long> BytesRead { get; } =
        FarmTelemetry.Meter.CreateCounter<long>("buildfarm.cache.blob.read", "By", "Bytes of blobs sent by ByteStream and HTTP.");

    public static Counter<long> BytesWritten { get; } =
        FarmTelemetry.Meter.CreateCounter<long>("buildfarm.cache.blob.written", "By", "Bytes of blobs taken by ByteStream and HTTP.");

    public static Counter<long> ActionHits { get; } =
        FarmTelemetry.Meter.CreateCounter<long>("buildfarm.cache.action.hits", "{lookup}", "Look-ups by clients that found a complete result.");

    public static Counter<long> ActionMisses { get; } =
        FarmTelemetry.Meter.CreateCounter<long>("buildfarm.cache.action.misses", "{lookup}", "Look-ups by clients that found none, or one whose blobs are gone.");

    public static Counter<long> KeyHits { get; } =
        FarmTelemetry.Meter.CreateCounter<long>("buildfarm.cache.key.hits", "{lookup}", "Keys of the HTTP cache that were found.");

    public static Counter<long> KeyMisses { get; } =
        FarmTelemetry.Meter.CreateCounter<long>("buildfarm.cache.key.misses", "{lookup}", "Keys of the HTTP cache that were not found, or whose blob is gone.");
}
