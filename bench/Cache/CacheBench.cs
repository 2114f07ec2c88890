using System.Security.Cryptography;
using Build.Bazel.Remote.Execution.V2;
using BuildFarm.TestKit;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace BuildFarm.Bench.Cache;

/// <summary>
/// The cache's small calls beside a floor: the same messages through the same gRPC server, whose handlers have the answer at hand. Client and server share one process.
/// </summary>
internal static class CacheBench
{
    private const int Digests = 10_000;
    private const int BatchBlobs = 1_000;
    private const int BatchBlobBytes = 4096;
    private const int Results = 1_000;
    private const int Rounds = 3;
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(1.5);

    /// <param name="only">A part of the names of the calls that are measured; none for all.</param>
    public static async Task<int> RunAsync(string only = "")
    {
        using var folder = new TempFolder();
        await MeasureAsync(folder.Path, only);
        return 0;
    }

    private static async Task MeasureAsync(string folder, string only)
    {
        var answers = new FloorAnswers();
        await using var cache = await CacheServer.StartAsync(folder);
        await using var floor = await CacheServer.StartFloorAsync(answers);
        var find = new FindMissingBlobsRequest { BlobDigests = { await StoreAsync(cache, Digests, 100) } };
        var read = new BatchReadBlobsRequest { Digests = { await StoreAsync(cache, BatchBlobs, BatchBlobBytes) } };
        var actions = await AssertResultsAsync(cache, find.BlobDigests);
        answers.Blobs = await cache.Cas.BatchReadBlobsAsync(read);
        answers.Result = await cache.Results.GetActionResultAsync(actions[0]);
        if ((await cache.Cas.FindMissingBlobsAsync(find)).MissingBlobDigests.Count > 0 || answers.Blobs.Responses.Any(static one => one.Data.Length != BatchBlobBytes))
        {
            throw new InvalidOperationException("the cache does not have what it was given");
        }

        Report.Header($"Small calls of the cache; medians of {Rounds} rounds", "call", "clients", "calls/s", "p50, ms", "p99, ms", "floor: calls/s", "floor: p50, ms", "floor: p99, ms", "calls/s ÷ floor's");
        foreach (var clients in (int[])[1, 4])
        {
            await CompareAsync($"FindMissing of {Digests} digests", clients, server => server.Cas.FindMissingBlobsAsync(find).ResponseAsync);
        }

        foreach (var clients in (int[])[1, 4])
        {
            await CompareAsync($"BatchRead of {BatchBlobs} × {BatchBlobBytes} bytes", clients, server => server.Cas.BatchReadBlobsAsync(read).ResponseAsync);
        }

        foreach (var clients in (int[])[1, 16, 64])
        {
            var next = 0;
            await CompareAsync("ActionCache hit", clients, server => server.Results.GetActionResultAsync(actions[Interlocked.Increment(ref next) % actions.Count]).ResponseAsync);
        }

        async Task CompareAsync(string name, int clients, Func<CacheServer, Task> call)
        {
            if (!name.Contains(only, StringComparison.OrdinalIgnoreCase))
            {
                return;
            }

            List<Load> ours = [], floors = [];
            for (var round = 0; round <= Rounds; round++)
            {
                ours.Add(await Load.RunAsync(clients, Time, () => call(cache)));
                floors.Add(await Load.RunAsync(clients, Time, () => call(floor)));
            }

            // The first round only warms up.
            var (mine, least) = (Load.Median(ours[1..]), Load.Median(floors[1..]));
            Report.Row(name, $"{clients}", Report.Number(mine.PerSecond, "0"), Report.Number(mine.P50), Report.Number(mine.P99), Report.Number(least.PerSecond, "0"), Report.Number(least.P50), Report.Number(least.P99), Report.Ratio(mine.PerSecond, least.PerSecond));
        }
    }

    private static async Task<List<Digest>> StoreAsync(CacheServer cache, int count, int bytes)
    {
        var digests = new List<Digest>(count);
        for (var left = count; left > 0;)
        {
            var request = new BatchUpdateBlobsRequest();
            for (var i = Math.Min(left, 500); i > 0; i--, left--)
            {
                var content = RandomNumberGenerator.GetBytes(bytes);
                request.Requests.Add(new BatchUpdateBlobsRequest.Types.Request { Digest = DigestOf(content), Data = ByteString.CopyFrom(content) });
            }

            digests.AddRange((await cache.Cas.BatchUpdateBlobsAsync(request)).Responses.Select(static one => one.Digest));
        }

        return digests;
    }

    /// <summary>Results of two files and an output each, and the requests that hit them.</summary>
    private static async Task<List<GetActionResultRequest>> AssertResultsAsync(CacheServer cache, RepeatedField<Digest> blobs)
    {
        var requests = new List<GetActionResultRequest>(Results);
        for (var i = 0; i < Results; i++)
        {
            var action = DigestOf(RandomNumberGenerator.GetBytes(100));
            var result = new ActionResult
            {
                OutputFiles = { new OutputFile { Path = "out/a.o", Digest = blobs[i] }, new OutputFile { Path = "out/a.d", Digest = blobs[Results + i] } },
                StderrDigest = blobs[(2 * Results) + i],
            };
            await cache.Results.UpdateActionResultAsync(new UpdateActionResultRequest { ActionDigest = action, ActionResult = result });
            requests.Add(new GetActionResultRequest { ActionDigest = action });
        }

        return requests;
    }

    private static Digest DigestOf(byte[] content) => new() { Hash = Convert.ToHexStringLower(SHA256.HashData(content)), SizeBytes = content.Length };
}
