using System.Globalization;
using BuildFarm.Bench.BlobStore;
using BuildFarm.BlobStore;
using BuildFarm.Digests;
using BuildFarm.TestKit;
using BuildFarm.Worker.Native;
using BuildFarm.Worker.Outputs;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Bench.Worker;

/// <summary>A task that leaves many small files, collected by a worker whose cache is a process of its own, beside a copy of them by cp.</summary>
internal static class OutputsBench
{
    private const int Files = 10_000;
    private const int FilesInAFolder = 100;
    private const int Bytes = 2048;
    private const int Rounds = 5;

    public static async Task<int> RunAsync()
    {
        using var folder = new TempFolder();
        await using var cache = await CacheProcess.StartAsync(folder.File("cache"), known: null);
        using var channel = GrpcChannel.ForAddress(cache.Address);
        await using var stores = BlobStoreFactory.OpenWorker(
            new BlobStoreOptions { Directory = folder.File("worker") }, channel.CreateCallInvoker(), "", TimeSpan.FromMinutes(1), TimeProvider.System, NullLoggerFactory.Instance);
        var collector = new OutputCollector(stores.Files, new OutputLimits());
        var command = new Reapi.Command { OutputPaths = { "out" } };
        var (first, again, copies) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            // Content that neither the worker nor the cache has.
            var made = folder.File($"made{round}");
            await MakeAsync(Path.Combine(made, "out"), round);
            using var workspace = DirectoryHandle.Open(made);
            first.Add(await Timing.MillisecondsAsync(async () => await collector.CollectAsync(workspace, command, DigestFunction.Sha256, CancellationToken.None)));
            again.Add(await Timing.MillisecondsAsync(async () => await collector.CollectAsync(workspace, command, DigestFunction.Sha256, CancellationToken.None)));
            copies.Add(await Timing.MillisecondsAsync(() => ChildProcess.OutputOfAsync("cp", "-r", made, folder.File($"copy{round}"))));
        }

        Report.Header($"A tree of {Files} new files of {Bytes} bytes to a cache in another process, ms: medians of {Rounds}", "what", "ms", "ratio");
        Report.Row("copies on this disk: cp -r", Report.Number(Report.Median(copies)), "1");
        Report.Row("the worker", Report.Number(Report.Median(first)), Report.Ratio(Report.Median(first), Report.Median(copies)));
        Report.Row("the worker, the same files again", Report.Number(Report.Median(again)), Report.Ratio(Report.Median(again), Report.Median(copies)));
        return 0;
    }

    private static async Task MakeAsync(string folder, int round)
    {
        for (var number = 0; number < Files; number++)
        {
            var path = System.IO.Directory.CreateDirectory(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"d{number / FilesInAFolder:000}"))).FullName;
            var content = string.Create(CultureInfo.InvariantCulture, $"round {round}, file {number}").PadRight(Bytes, '.');
            await File.WriteAllTextAsync(Path.Combine(path, string.Create(CultureInfo.InvariantCulture, $"f{number}")), content);
        }
    }
}
