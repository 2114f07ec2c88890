using BuildFarm.BlobStore;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace BuildFarm.Cache.Admin;

/// <summary>What an operator asks of the blobs on this machine's disk.</summary>
internal sealed class CacheAdminService(BlobStores stores) : CacheAdmin.CacheAdminBase
{
    public override async Task<CacheStats> GetCacheStats(GetCacheStatsRequest request, ServerCallContext context)
    {
        var (blobs, scrubber) = (stores.OnDisk!, stores.Scrubber!);
        return new CacheStats
        {
            UsedBytes = blobs.UsedBytes,
            MaxBytes = blobs.MaxBytes,
            Files = await blobs.Files.CountAsync(),
            FileBytes = blobs.Files.UsedBytes,
            PackedBlobs = blobs.PackedCount,
            PackBytes = blobs.PackBytes,
            EvictedFiles = blobs.Files.FilesEvicted,
            EvictedPackedBlobs = blobs.PackedEvicted,
            CorruptBlobs = blobs.Corrupt,
            ActionHits = CacheMetrics.Hits,
            ActionMisses = CacheMetrics.Misses,
            VerifiedBlobs = scrubber.Blobs,
            VerifiedBytes = scrubber.Bytes,
            RoundBeganAt = scrubber.RoundBeganAt?.ToTimestamp(),
            RoundEndedAt = scrubber.RoundEndedAt?.ToTimestamp(),
        };
    }

    public override async System.Threading.Tasks.Task VerifyCache(VerifyCacheRequest request, IServerStreamWriter<VerifyProgress> responseStream, ServerCallContext context)
    {
        var last = new VerifyProgress();
        await foreach (var (done, parts, count) in stores.Scrubber!.RunAsync(context.CancellationToken))
        {
            last = new VerifyProgress { Blobs = count.Blobs, Bytes = count.Bytes, Corrupt = count.Corrupt, PartsDone = done, Parts = parts };
            await responseStream.WriteAsync(last);
        }

        last.Done = true;
        await responseStream.WriteAsync(last);
    }

    public override async Task<CollectGarbageResponse> CollectGarbage(CollectGarbageRequest request, ServerCallContext context)
    {
        if (request.ToBytes < 0)
        {
            throw RequestChecks.Invalid($"to_bytes is {request.ToBytes}; name 0 or more.");
        }

        var blobs = stores.OnDisk!;
        var (before, evicted) = (blobs.UsedBytes, Evicted());
        blobs.Compact();
        if (request.Evict)
        {
            await blobs.EvictToAsync(request.ToBytes);
        }

        // Last: what has just been evicted may have been the last blob of a result.
        var swept = await stores.Sweeper!.RunAsync(context.CancellationToken);
        return new CollectGarbageResponse
        {
            UsedBytesBefore = before,
            UsedBytes = blobs.UsedBytes,
            Evicted = Evicted() - evicted,
            DroppedResults = swept.Dropped,
            UnknownResults = swept.Unknown,
        };

        long Evicted() => blobs.Files.FilesEvicted + blobs.PackedEvicted;
    }
}
