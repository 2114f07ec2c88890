using System.Diagnostics;
using System.Globalization;
using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Digests.Trees;
using Google.Protobuf;
using Digest = BuildFarm.Digests.Digest;
using Directory = System.IO.Directory;

namespace BuildFarm.Bench.BlobStore;

/// <summary>
/// Very many small blobs: what writing and reading them through the cache service takes, how soon it answers after a stop and after a
/// kill, and what they take of disk and memory, beside a tar of the same bytes and a folder of files.
/// </summary>
internal static class MillionBench
{
    private const int BlobBytes = 1024;
    private const int BatchBlobs = 2000;
    private const int Connections = 4;
    private const int FilesForComparison = 20_000;
    private const int Starts = 7;

    public static async Task<int> RunAsync(string[] options)
    {
        var count = options.Length > 0 ? int.Parse(options[0], CultureInfo.InvariantCulture) : 1_000_000;
        var folder = Directory.CreateTempSubdirectory("buildfarm-bench-").FullName;
        try
        {
            await MeasureAsync(folder, count);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(string folder, int count)
    {
        var store = Path.Combine(folder, "store");
        double writes;
        long memoryWhileWriting;
        await using (var cache = await CacheProcess.StartAsync(store, known: null))
        {
            var started = Stopwatch.GetTimestamp();
            await Parallel.ForAsync(0, (count + BatchBlobs - 1) / BatchBlobs, new ParallelOptions { MaxDegreeOfParallelism = Connections }, async (batch, token) =>
                await WriteAsync(cache, batch * BatchBlobs, Math.Min(count, (batch + 1) * BatchBlobs)));
            writes = count / Stopwatch.GetElapsedTime(started).TotalSeconds;
            memoryWhileWriting = cache.ResidentBytes;
            await cache.KillAsync();
        }

        var last = DigestOf(count - 1).ToProto();
        var (empty, emptyMemory, afterKill, afterStop) = await StartsAsync(store, Path.Combine(folder, "empty"), count, last);
        await using var again = await CacheProcess.StartAsync(store, last);
        var memory = again.ResidentBytes;
        var (findMissing, batchRead) = (await FindMissingAsync(again, count), await BatchReadAsync(again, count));
        var disk = await DiskBytesAsync(store);
        var content = (double)count * BlobBytes;
        var files = await FilesAsync(folder);

        Report.Header($"{count:N0} blobs of {BlobBytes} bytes in the cache service", "what", "figure", "beside");
        Report.Row("write, BatchUpdateBlobs", $"{Report.Number(writes, "0")} blobs/s", $"files into folders, no service: {Report.Number(files.PerSecond, "0")}/s");
        Report.Row("first answer after kill -9, from the start of the process", $"{Report.Number(afterKill, "0")} ms", $"an empty store: {Report.Number(empty, "0")} ms");
        Report.Row("first answer after an orderly stop", $"{Report.Number(afterStop, "0")} ms", $"an empty store: {Report.Number(empty, "0")} ms");
        Report.Row("disk ÷ content", Report.Number(disk / content, "0.000"), $"tar: {Report.Number(TarRatio, "0.000")}, files: {Report.Number(files.DiskRatio, "0.000")} and an inode each");
        Report.Row("resident memory at that answer", $"{Report.Number(memory / 1e6, "0")} MB", $"an empty store: {Report.Number(emptyMemory / 1e6, "0")} MB");
        Report.Row("resident memory after the writes", $"{Report.Number(memoryWhileWriting / 1e6, "0")} MB", "");
        Report.Row("FindMissing of 10,000", $"{Report.Number(findMissing, "0.0")} ms", "");
        Report.Row("BatchRead of 1,000", $"{Report.Number(batchRead, "0.0")} ms", "");
    }

    /// <summary>
    /// Starts over nothing, after a kill in the middle of some writes, and after an orderly stop, in turn, each several times: one start says little.
    /// </summary>
    private static async Task<(double Empty, long EmptyMemory, double AfterKill, double AfterStop)> StartsAsync(string store, string emptyStore, int count, Build.Bazel.Remote.Execution.V2.Digest known)
    {
        List<double> empty = [], afterKill = [], afterStop = [];
        long memory = 0;
        for (var start = 0; start < Starts; start++)
        {
            await using (var cache = await CacheProcess.StartAsync($"{emptyStore}-{start}", known: null))
            {
                empty.Add(cache.ToFirstAnswer.TotalMilliseconds);
                memory = cache.ResidentBytes;
            }

            await using (var cache = await CacheProcess.StartAsync(store, known))
            {
                afterKill.Add(cache.ToFirstAnswer.TotalMilliseconds);
                await cache.StopAsync();
            }

            await using (var cache = await CacheProcess.StartAsync(store, known))
            {
                afterStop.Add(cache.ToFirstAnswer.TotalMilliseconds);
                await WriteAsync(cache, count + (start * BatchBlobs), count + ((start + 1) * BatchBlobs));
                await cache.KillAsync();
            }
        }

        return (Report.Median(empty), memory, Report.Median(afterKill), Report.Median(afterStop));
    }

    // A header of 512 bytes and the content in blocks of 512.
    private static double TarRatio => (512 + ((BlobBytes + 511) / 512 * 512)) / (double)BlobBytes;

    private static async Task WriteAsync(CacheProcess cache, int from, int to)
    {
        var request = new BatchUpdateBlobsRequest();
        for (var i = from; i < to; i++)
        {
            var content = Content(i);
            request.Requests.Add(new BatchUpdateBlobsRequest.Types.Request { Digest = Digest.OfBytes(content).ToProto(), Data = UnsafeByteOperations.UnsafeWrap(content) });
        }

        var response = await cache.Cas.BatchUpdateBlobsAsync(request);
        if (response.Responses.Any(one => one.Status.Code != 0))
        {
            throw new InvalidOperationException($"a blob was refused: {response.Responses.First(one => one.Status.Code != 0).Status.Message}");
        }
    }

    private static async Task<double> FindMissingAsync(CacheProcess cache, int count)
    {
        var request = new FindMissingBlobsRequest();
        request.BlobDigests.AddRange(Sample(count, 10_000).Select(i => DigestOf(i).ToProto()));
        return await TimeAsync(async () =>
        {
            if ((await cache.Cas.FindMissingBlobsAsync(request)).MissingBlobDigests.Count > 0)
            {
                throw new InvalidOperationException("an acknowledged blob is missing");
            }
        });
    }

    private static async Task<double> BatchReadAsync(CacheProcess cache, int count)
    {
        var request = new BatchReadBlobsRequest();
        request.Digests.AddRange(Sample(count, 1000).Select(i => DigestOf(i).ToProto()));
        return await TimeAsync(async () =>
        {
            var response = await cache.Cas.BatchReadBlobsAsync(request);
            if (response.Responses.Any(one => one.Status.Code != 0 || Digest.OfBytes(one.Data.Span).ToProto().Hash != one.Digest.Hash))
            {
                throw new InvalidOperationException("an acknowledged blob was not given back");
            }
        });
    }

    // The middle of some tries.
    private static async Task<double> TimeAsync(Func<Task> action)
    {
        var times = new List<double>();
        for (var i = 0; i < 7; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await action();
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        return Report.Median(times);
    }

    private static async Task<(double PerSecond, double DiskRatio)> FilesAsync(string folder)
    {
        var root = Path.Combine(folder, "files");
        for (var i = 0; i < 256; i++)
        {
            Directory.CreateDirectory(Path.Combine(root, i.ToString("x2", CultureInfo.InvariantCulture)));
        }

        var before = await DiskBytesAsync(root);
        var started = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, FilesForComparison, new ParallelOptions { MaxDegreeOfParallelism = Connections }, (i, _) =>
        {
            var content = Content(i);
            var hash = Digest.OfBytes(content).HashHex;
            using var file = File.OpenHandle(Path.Combine(root, hash[..2], hash), FileMode.CreateNew, FileAccess.Write);
            RandomAccess.Write(file, content, 0);
            return ValueTask.CompletedTask;
        });
        return (FilesForComparison / Stopwatch.GetElapsedTime(started).TotalSeconds, (await DiskBytesAsync(root) - before) / (double)FilesForComparison / BlobBytes);
    }

    private static async Task<double> DiskBytesAsync(string folder) =>
        1024 * double.Parse((await ChildProcess.OutputOfAsync("du", "-sk", folder)).Split('\t')[0], CultureInfo.InvariantCulture);

    private static IEnumerable<int> Sample(int count, int size) => Enumerable.Range(0, Math.Min(size, count)).Select(i => (int)(i * 7919L % count));

    private static Digest DigestOf(int number) => Digest.OfBytes(Content(number));

    private static byte[] Content(int number)
    {
        var content = new byte[BlobBytes];
        new Random(number).NextBytes(content);
        return content;
    }
}
