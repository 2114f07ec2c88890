using System.Diagnostics;
using System.Security.Cryptography;
using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Bench.BlobStore;
using BuildFarm.BlobStore.Remote;
using BuildFarm.Digests.Trees;
using BuildFarm.TestKit;
using Google.Protobuf;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.Bench.Cache;

/// <summary>
/// A front over three nodes with two copies of each blob, beside one node that is asked without a front; each cache is a process of its own, and the client is this one.
/// Every content is new, so that nothing is there before it is written.
/// </summary>
internal static class NodesBench
{
    private const int Nodes = 3;
    private const int Rounds = 5;
    private const int WarmUpRounds = 4;
    private const int LargeBytes = 256 << 20;
    private const int ChunkBytes = 256 * 1024;
    private const int BatchBlobs = 1_000;
    private const int SmallBytes = 1024;
    private const int Digests = 10_000;

    /// <param name="only">A part of the names of the figures that are measured; none for all.</param>
    public static async Task<int> RunAsync(string only = "")
    {
        using var folder = new TempFolder();
        await MeasureAsync(folder.Path, only);
        return 0;
    }

    private static async Task MeasureAsync(string folder, string only)
    {
        await using var farm = await NodesFarm.StartAsync(folder, Nodes);
        var large = GC.AllocateUninitializedArray<byte>(LargeBytes);
        RandomNumberGenerator.Fill(large);
        var figures = new Dictionary<string, Pair>(StringComparer.Ordinal);
        for (var round = 0; round < WarmUpRounds + Rounds; round++)
        {
            foreach (var cache in (CacheProcess[])[farm.Alone, farm.Front])
            {
                var isFront = cache == farm.Front;
                RandomNumberGenerator.Fill(large.AsSpan(0, 16));
                var digest = Digest.OfBytes(large);
                await KeepAsync("ByteStream write of 256 MiB, MB/s", LargeBytes / 1e6, isFront, () => WriteAsync(cache, digest, large));
                await KeepAsync("ByteStream first read, MB/s", LargeBytes / 1e6, isFront, () => ReadAsync(cache, digest));
                await KeepAsync("ByteStream later read, MB/s", LargeBytes / 1e6, isFront, () => ReadAsync(cache, digest));
                var batches = Enumerable.Range(0, Digests / BatchBlobs).Select(_ => NewBatch()).ToArray();
                await KeepAsync($"BatchUpdate of {BatchBlobs} × {SmallBytes} bytes, blobs/s", Digests, isFront, () => UpdateAsync(cache, batches));
                var find = new FindMissingBlobsRequest { BlobDigests = { batches.SelectMany(static batch => batch.Requests).Select(static one => one.Digest) } };
                await KeepAsync($"FindMissing of {Digests}, digests/s", 10 * Digests, isFront, () => FindAsync(cache, find, 10));
                await KeepAsync($"BatchRead of {BatchBlobs} × {SmallBytes} bytes, blobs/s", Digests, isFront, () => ReadBatchesAsync(cache, find));
            }

            if (round == WarmUpRounds - 1)
            {
                // What has just started compiles its own code, on the CPUs that it should work with.
                figures.Clear();
            }
        }

        Report.Header(
            $"A front over {Nodes} nodes, two copies; medians of {Rounds} rounds", "figure", "one node", "front", "front ÷ node", "CPU of all, s: node", "front", "of it the front's own process");
        foreach (var (name, (node, front)) in figures)
        {
            var (straight, through) = (Median(node, static one => one.PerSecond), Median(front, static one => one.PerSecond));
            Report.Row(
                name, Report.Number(straight, "0"), Report.Number(through, "0"), Report.Ratio(through, straight),
                Report.Number(Median(node, static one => one.Cpu)), Report.Number(Median(front, static one => one.Cpu)), Report.Number(Median(front, static one => one.FrontCpu)));
        }

        async Task KeepAsync(string name, double amount, bool isFront, Func<Task> action)
        {
            if (!name.Contains(only, StringComparison.OrdinalIgnoreCase))
            {
                return;
            }

            var (cpu, frontCpu) = (farm.Cpu, farm.Front.Cpu);
            var start = Stopwatch.GetTimestamp();
            await action();
            var figure = new Figure(amount / Stopwatch.GetElapsedTime(start).TotalSeconds, (farm.Cpu - cpu).TotalSeconds, (farm.Front.Cpu - frontCpu).TotalSeconds);
            if (!figures.TryGetValue(name, out var pair))
            {
                figures.Add(name, pair = new Pair([], []));
            }

            (isFront ? pair.Front : pair.Node).Add(figure);
        }
    }

    private static double Median(List<Figure> figures, Func<Figure, double> of) => Report.Median(figures.Select(of));

    private static async Task WriteAsync(CacheProcess cache, Digest digest, byte[] content)
    {
        await using var writer = await new RemoteBlobStore(cache.Invoker).CreateAsync(digest, default);
        for (var offset = 0; offset < content.Length; offset += ChunkBytes)
        {
            await writer.WriteAsync(content.AsMemory(offset, ChunkBytes), default);
        }

        await writer.CommitAsync(default);
    }

    private static async Task ReadAsync(CacheProcess cache, Digest digest)
    {
        var buffer = new byte[ChunkBytes];
        await using var reader = await new RemoteBlobStore(cache.Invoker).OpenAsync(digest, default) ?? throw new InvalidOperationException("the blob is gone");
        var got = 0L;
        for (int read; (read = await reader.ReadAsync(got, buffer, default)) > 0; got += read)
        {
        }

        if (got != digest.SizeBytes)
        {
            throw new InvalidOperationException($"{got} of {digest.SizeBytes} bytes arrived");
        }
    }

    private static BatchUpdateBlobsRequest NewBatch()
    {
        var batch = new BatchUpdateBlobsRequest();
        for (var i = 0; i < BatchBlobs; i++)
        {
            var content = RandomNumberGenerator.GetBytes(SmallBytes);
            batch.Requests.Add(new BatchUpdateBlobsRequest.Types.Request { Digest = Digest.OfBytes(content).ToProto(), Data = UnsafeByteOperations.UnsafeWrap(content) });
        }

        return batch;
    }

    private static async Task UpdateAsync(CacheProcess cache, BatchUpdateBlobsRequest[] batches)
    {
        foreach (var batch in batches)
        {
            if ((await cache.Cas.BatchUpdateBlobsAsync(batch)).Responses.FirstOrDefault(static one => one.Status.Code != 0) is { } refused)
            {
                throw new InvalidOperationException($"a blob was refused: {refused.Status.Message}");
            }
        }
    }

    private static async Task FindAsync(CacheProcess cache, FindMissingBlobsRequest find, int times)
    {
        for (var i = 0; i < times; i++)
        {
            if ((await cache.Cas.FindMissingBlobsAsync(find)).MissingBlobDigests.Count > 0)
            {
                throw new InvalidOperationException("an acknowledged blob is missing");
            }
        }
    }

    private static async Task ReadBatchesAsync(CacheProcess cache, FindMissingBlobsRequest find)
    {
        foreach (var part in find.BlobDigests.Chunk(BatchBlobs))
        {
            if ((await cache.Cas.BatchReadBlobsAsync(new BatchReadBlobsRequest { Digests = { part } })).Responses.Any(static one => one.Data.Length != SmallBytes))
            {
                throw new InvalidOperationException("an acknowledged blob was not given back");
            }
        }
    }

    private sealed record Figure(double PerSecond, double Cpu, double FrontCpu);

    private sealed record Pair(List<Figure> Node, List<Figure> Front);
}
