using System.Diagnostics.Metrics;
using BuildFarm.Hosting.Telemetry;

namespace BuildFarm.Cache;

/// <summary>What the cache counts.</summary>
internal static class CacheMetrics
{
    private static long hits;
    private static long misses;

    public static Counter<long> BytesRead { get; } =
        FarmTelemetry.Meter.CreateCounter<long>("buildfarm.cache.blob.read", "By", "Bytes of blobs sent by ByteStream and HTTP.");

    public static Counter<long> BytesWritten { get; } =
        FarmTelemetry.Meter.CreateCounter<long>("buildfarm.cache.blob.written", "By", "Bytes of blobs taken by ByteStream and HTTP.");

    public static Counter<long> ActionHits { get; } =
        FarmTelemetry.Meter.CreateCounter<long>("buildfarm.cache.action.hits", "{lookup}", "Look-ups by clients that found a complete result.");

    public static Counter<long> ActionMisses { get; } =
        FarmTelemetry.Meter.CreateCounter<long>("buildfarm.cache.action.misses", "{lookup}", "Look-ups by clients that found none, or one whose blobs are gone.");

    /// <summary>As <see cref="ActionHits"/>, for who asks.</summary>
    public static long Hits => Volatile.Read(ref hits);

    /// <summary>As <see cref="ActionMisses"/>.</summary>
    public static long Misses => Volatile.Read(ref misses);

    /// <summary>Counts a look-up by a client.</summary>
    public static void LookedUp(bool hit)
    {
        (hit ? ActionHits : ActionMisses).Add(1);
        Interlocked.Increment(ref hit ? ref hits : ref misses);
    }

    public static Counter<long> KeyHits { get; } =
        FarmTelemetry.Meter.CreateCounter<long>("buildfarm.cache.key.hits", "{lookup}", "Keys of the HTTP cache that were found.");

    public static Counter<long> KeyMisses { get; } =
        FarmTelemetry.Meter.CreateCounter<long>("buildfarm.cache.key.misses", "{lookup}", "Keys of the HTTP cache that were not found, or whose blob is gone.");
}
