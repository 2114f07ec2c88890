using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Nodes;
using BuildFarm.BlobStore.Remote;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Digests;
using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;

namespace BuildFarm.Cache.Tests.Nodes;

/// <summary>Nodes and front as processes of their own, one of them killed while clients upload.</summary>
public sealed class NodeProcessesTests : IAsyncDisposable
{
    private const int Blobs = 120;

    private readonly TempFolder _folder = new();
    private readonly List<FarmProcess> _processes = [];
    private readonly List<GrpcChannel> _channels = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _channels.ForEach(channel => channel.Dispose());
        foreach (var process in _processes)
        {
            process.Kill();
            await process.DisposeAsync();
        }

        _folder.Dispose();
    }

    [Fact]
    [Trait("Tier", "Full")]
    public async Task ThreeNodes_OneKilledInMidUpload_ThenBackThenAFourth_NothingIsLost()
    {
        await File.WriteAllTextAsync(_folder.File("key"), "0123456789abcdef0123456789abcdef\n", Token);
        var addresses = Enumerable.Range(0, 4).Select(_ => $"127.0.0.1:{FreePort.Next()}").ToArray();
        var nodes = new List<FarmProcess>();
        for (var i = 0; i < 3; i++)
        {
            nodes.Add(await StartNodeAsync(i, addresses[i]));
        }

        var front = await StartFrontAsync("front", addresses[..3]);

        // Killed while uploads are under way: none of them fails.
        var halfway = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var done = 0;
        var uploads = Parallel.ForAsync(0, Blobs, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Token }, async (i, token) =>
        {
            var digest = await front.PutBytesAsync(Content(i), token);
            Assert.Equal(Content(i), await front.ReadAllBytesAsync(digest, cancellationToken: token));
            if (Interlocked.Increment(ref done) == Blobs / 3)
            {
                halfway.SetResult();
            }
        });
        await Task.WhenAny(halfway.Task, uploads);
        nodes[1].Kill();
        await uploads;
        await ReadAllAsync(front);

        // Back where it was, it gets what it missed.
        await nodes[1].EndAsync();
        nodes[1] = await StartNodeAsync(1, addresses[1]);
        await HasItsShareAsync(addresses[1], addresses[..3], front);

        // A front that knows a fourth: it gets its share, and then any one may go.
        await StartNodeAsync(3, addresses[3]);
        var larger = await StartFrontAsync("larger", addresses);
        await HasItsShareAsync(addresses[3], addresses, larger);
        nodes[0].Kill();
        await ReadAllAsync(larger);
    }

    private static byte[] Content(int i) => TestContent.Of(i % 10 == 0 ? 3_000_000 : 30_000, seed: i);

    private static Digest[] All { get; } = [.. Enumerable.Range(0, Blobs).Select(i => Digest.OfBytes(Content(i)))];

    private static async Task ReadAllAsync(RemoteBlobStore store)
    {
        Assert.Empty(await store.FindMissingAsync(All, Token));
        for (var i = 0; i < Blobs; i++)
        {
            Assert.Equal(Content(i), await store.ReadAllBytesAsync(All[i], cancellationToken: Token));
        }
    }

    // The front is asked, so that it looks; the node itself is asked until it has everything that lies on it.
    private async Task HasItsShareAsync(string node, string[] nodes, RemoteBlobStore front)
    {
        var seeds = nodes.Select(address => Rendezvous.SeedOf($"http://{address}")).ToArray();
        var share = All.Where(digest => PlacesOf(seeds, digest).Contains(Array.IndexOf(nodes, node))).ToList();
        Assert.NotEmpty(share);
        var itself = Connect(node);
        var missing = share.Count;
        await Eventually.IsTrueAsync(
            async token =>
            {
                Assert.Empty(await front.FindMissingAsync(All, token));
                return (missing = (await itself.FindMissingAsync(share, token)).Count) == 0;
            },
            Token,
            () => $"{node} still lacks {missing} of {share.Count} blobs");
    }

    private static int[] PlacesOf(ulong[] seeds, Digest digest)
    {
        var places = new int[2];
        Rendezvous.Place(seeds, Rendezvous.KeyOf(digest), places);
        return places;
    }

    private Task<FarmProcess> StartNodeAsync(int number, string address) =>
        StartAsync($"node-{number}", address, "--Cache:CoordinatorKeyFile", _folder.File("key"));

    // A killed node refuses connections at once; one of a machine that stands still is not away, and the front waits for it.
    private async Task<RemoteBlobStore> StartFrontAsync(string name, string[] nodes)
    {
        var address = $"127.0.0.1:{FreePort.Next()}";
        await StartAsync(
            name, address, "--Cache:Tiers:0:Kind", "nodes", "--Cache:Tiers:0:Addresses", string.Join(',', nodes.Select(node => $"http://{node}")),
            "--Cache:Tiers:0:KeyFile", _folder.File("key"), "--Cache:Tiers:0:Timeout", "00:02:00");
        return Connect(address);
    }

    private async Task<FarmProcess> StartAsync(string name, string address, params string[] options)
    {
        string[] arguments =
            [Path.Combine(AppContext.BaseDirectory, "BuildFarm.Cache.dll"), "--Listen:Grpc", address, "--Listen:Http", "", "--Cache:Directory", _folder.File(name), .. options];
        var process = FarmProcess.Start("dotnet", arguments, _folder.Path, new Dictionary<string, string?>(StringComparer.Ordinal));
        _processes.Add(process);
        await AnswersAsync(address, process);
        return process;
    }

    // A front that is asked before its nodes answer says so; whoever answers at all has started.
    private async Task AnswersAsync(string address, FarmProcess process)
    {
        var store = Connect(address);
        RpcException? problem = null;
        await Eventually.IsTrueAsync(
            async token =>
            {
                try
                {
                    await store.FindMissingAsync([Digest.OfBytes("started?"u8)], token);
                    return true;
                }
                catch (RpcException e)
                {
                    problem = e;
                    return false;
                }
            },
            Token,
            () => $"{address} does not answer: {problem?.Status}\n{process.Error}");
    }

    private RemoteBlobStore Connect(string address)
    {
        var channel = GrpcChannel.ForAddress($"http://{address}");
        _channels.Add(channel);
        return new RemoteBlobStore(channel.CreateCallInvoker());
    }
}
