using System.Globalization;
using System.Text;
using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Bench.BlobStore;
using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Disk;
using BuildFarm.BlobStore.Remote;
using BuildFarm.Digests.Trees;
using BuildFarm.TestKit;
using BuildFarm.Worker.Inputs;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Digest = BuildFarm.Digests.Digest;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;

namespace BuildFarm.Bench.Worker;

/// <summary>Laying out an input tree from the local store, beside copies and hard links of the same files by cp.</summary>
internal static class InputsBench
{
    private const int Files = 10_000;
    private const int FilesInAFolder = 100;
    private const int Bytes = 2048;
    private const int Rounds = 5;

    // As the embedded farm has it, and with a file for each blob from the start.
    public static async Task<int> RunAsync() => await RunAsync(packUpTo: 4096) + await RunAsync(packUpTo: 0) + await FromACacheAsync();

    /// <summary>A worker that has nothing yet and a cache in a process of its own: every file comes over gRPC.</summary>
    private static async Task<int> FromACacheAsync()
    {
        using var folder = new TempFolder();
        await using var cache = await CacheProcess.StartAsync(folder.File("cache"), known: null);
        using var channel = GrpcChannel.ForAddress(cache.Address);
        var plain = System.IO.Directory.CreateDirectory(folder.File("plain")).FullName;
        var remote = new RemoteBlobStore(channel.CreateCallInvoker());
        var root = await RootAsync(remote, await FillAsync(remote, plain), 0);
        var (laid, copies) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            await using var stores = BlobStoreFactory.OpenWorker(
                new BlobStoreOptions { Directory = folder.File($"worker{round}") }, channel.CreateCallInvoker(), "", TimeSpan.FromMinutes(1), TimeProvider.System, NullLoggerFactory.Instance);
            var trees = new InputTreeCache(folder.File($"inputs{round}"), new InputTreeBuilder(stores.Files, new LinkingFilePlacer(stores.Files)), maxEntries: 10_000_000, maxTrees: 1000);
            laid.Add(await Timing.MillisecondsAsync(async () => (await trees.UseAsync(root, CancellationToken.None)).Dispose()));
            copies.Add(await Timing.MillisecondsAsync(() => ChildProcess.OutputOfAsync("cp", "-r", plain, folder.File($"copy{round}"))));
        }

        Report.Header($"The same tree from a cache in another process, by a worker that has none of it, ms: medians of {Rounds}", "what", "ms", "ratio");
        Report.Row("copies on this disk: cp -r", Report.Number(Report.Median(copies)), "1");
        Report.Row("the worker", Report.Number(Report.Median(laid)), Report.Ratio(Report.Median(laid), Report.Median(copies)));
        return 0;
    }

    private static async Task<int> RunAsync(int packUpTo)
    {
        using var folder = new TempFolder();
        await using var stores = BlobStoreFactory.OpenOwner(new BlobStoreOptions { Directory = folder.File("store"), Blobs = new DiskBlobStoreOptions { PackUpTo = packUpTo } }, TimeProvider.System, NullLoggerFactory.Instance);
        var store = stores.Files;
        var trees = new InputTreeCache(
            folder.File("inputs"), new InputTreeBuilder(store, new LinkingFilePlacer(store)), maxEntries: 10_000_000, maxTrees: 1000);
        var plain = System.IO.Directory.CreateDirectory(folder.File("plain")).FullName;
        var folders = await FillAsync(store, plain);

        var first = await Timing.MillisecondsAsync(async () => (await trees.UseAsync(await RootAsync(store, folders, -1), CancellationToken.None)).Dispose());
        var (laid, again, links, copies) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            // A root that no other is like, over files that all share.
            var root = await RootAsync(store, folders, round);
            laid.Add(await Timing.MillisecondsAsync(async () => (await trees.UseAsync(root, CancellationToken.None)).Dispose()));
            again.Add(await Timing.MillisecondsAsync(async () => (await trees.UseAsync(root, CancellationToken.None)).Dispose()));
            links.Add(await Timing.MillisecondsAsync(() => ChildProcess.OutputOfAsync("cp", "-al", plain, folder.File($"links{round}"))));
            copies.Add(await Timing.MillisecondsAsync(() => ChildProcess.OutputOfAsync("cp", "-r", plain, folder.File($"copy{round}"))));
        }

        var floor = Report.Median(links);
        Report.Header($"A tree of {Files} files of {Bytes} bytes in {Files / FilesInAFolder} folders, ms: medians of {Rounds}; {(packUpTo > 0 ? "blobs packed before they are inputs" : "blobs not packed")}", "what", "ms", "ratio");
        Report.Row("hard links: cp -al", Report.Number(floor), "1");
        Report.Row("copies: cp -r", Report.Number(Report.Median(copies)), Report.Ratio(Report.Median(copies), floor));
        Report.Row("the worker, files that it has laid out before", Report.Number(Report.Median(laid)), Report.Ratio(Report.Median(laid), floor));
        Report.Row("the worker, the first time: each file is checked", Report.Number(first), Report.Ratio(first, floor));
        Report.Row("the worker, the same tree again", Report.Number(Report.Median(again), "0.####"), Report.Ratio(Report.Median(again), floor));
        return 0;
    }

    private static async Task<List<DirectoryNode>> FillAsync(IBlobStore store, string plain)
    {
        var folders = new List<DirectoryNode>();
        for (var number = 0; number < Files / FilesInAFolder; number++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"d{number:000}");
            var path = System.IO.Directory.CreateDirectory(Path.Combine(plain, name)).FullName;
            var message = new Directory();
            for (var i = 0; i < FilesInAFolder; i++)
            {
                var file = string.Create(CultureInfo.InvariantCulture, $"f{i:000}");
                var content = Encoding.UTF8.GetBytes($"{name}/{file}".PadRight(Bytes, '.'));
                await File.WriteAllBytesAsync(Path.Combine(path, file), content);
                message.Files.Add(new FileNode { Name = file, Digest = (await store.PutBytesAsync(content)).ToProto() });
            }

            folders.Add(new DirectoryNode { Name = name, Digest = (await store.PutMessageAsync(message)).ToProto() });
        }

        return folders;
    }

    private static async Task<Digest> RootAsync(IBlobStore store, List<DirectoryNode> folders, int round)
    {
        var own = await store.PutBytesAsync(Encoding.UTF8.GetBytes($"round {round}"));
        return await store.PutMessageAsync(new Directory { Directories = { folders }, Files = { new FileNode { Name = "own", Digest = own.ToProto() } } });
    }
}
