using BuildFarm.BlobStore;
using BuildFarm.Hosting.Telemetry;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Cache.Admin;

/// <summary>Verifies the store in the background, and tells the platform's metrics how it is.</summary>
internal sealed partial class StoreUpkeep(BlobStores stores, CacheOptions options, TimeProvider time, ILogger<StoreUpkeep> logger) : BackgroundService
{
    private static readonly TimeSpan StartDelay = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (blobs, scrubber) = (stores.OnDisk!, stores.Scrubber!);
        FarmTelemetry.Meter.CreateObservableGauge("buildfarm.cache.store.used", () => blobs.UsedBytes, "By", "Space that the blobs take on the disk.");
        FarmTelemetry.Meter.CreateObservableCounter("buildfarm.cache.store.evicted", () => blobs.Files.FilesEvicted + blobs.PackedEvicted, "{blob}", "Blobs evicted.");
        FarmTelemetry.Meter.CreateObservableCounter("buildfarm.cache.store.corrupt", () => blobs.Corrupt, "{blob}", "Blobs that did not match their digest and were dropped.");
        FarmTelemetry.Meter.CreateObservableCounter("buildfarm.cache.store.verified", () => scrubber.Bytes, "By", "Bytes read by verification.");
        if (options.VerifyPeriod == TimeSpan.Zero)
        {
            return;
        }

        try
        {
            // What has just started has better things to do.
            await Task.Delay(StartDelay, time, stoppingToken);
            await scrubber.RunInBackgroundAsync(options.VerifyPeriod, options.VerifyBytesPerSecond, stoppingToken);
        }
        catch (Exception e) when (e is OperationCanceledException or System.Threading.Channels.ChannelClosedException or ObjectDisposedException)
        {
            // The cache stops.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogStopped(e.Message.ReplaceLineEndings(" "));
        }
    }

    [LoggerMessage(EventId = 61, Level = LogLevel.Warning, Message = "blobs are no longer verified in the background: {Problem}; the next start goes on")]
    private partial void LogStopped(string problem);
}
