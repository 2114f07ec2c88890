using BuildFarm.BlobStore.Memory;
using BuildFarm.BlobStore.Nodes;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.BlobStore.Tiers;
using BuildFarm.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Nodes;

public sealed class NodeListTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ManualTime _time = new();
    private volatile string[] _named = ["http://a:1", "http://b:1", "http://c:1"];
    private volatile bool _fails;
    private readonly SemaphoreSlim _failed = new(0);
    private int _opened;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _failed.Dispose();

    [Fact]
    public async Task Name_NodesThatComeAndGo_AreFollowedAndTheGoneKeepTheirShareForAWhile()
    {
        await using var list = Open();
        await NamesAsync(list, "http://a:1", "http://b:1", "http://c:1");

        _named = ["http://c:1", "http://a:1", "http://d:1"];
        await NamesAsync(list, "http://a:1", "http://b:1", "http://c:1", "http://d:1");
        _time.Advance(NodeList.ForgetAfter);

        await NamesAsync(list, "http://a:1", "http://c:1", "http://d:1");
        Assert.Equal(4, _opened);
    }

    [Fact]
    public async Task Name_ThatCannotBeLookedUp_KeepsTheNodes()
    {
        await using var list = Open();
        await NamesAsync(list, "http://a:1", "http://b:1", "http://c:1");
        _fails = true;
        _time.Advance(NodeList.ForgetAfter / 2);

        // Of two look-ups that begin from now on, the second follows the end of the first.
        while (await _failed.WaitAsync(TimeSpan.Zero, Token))
        {
        }

        Assert.True(await _failed.WaitAsync(Patience, Token) && await _failed.WaitAsync(Patience, Token), "the name is not looked up again");
        Assert.Equal(3, list.Current.Nodes.Count);
    }

    [Fact]
    public async Task Name_WithoutAnAddress_IsUnavailable()
    {
        _named = [];
        await using var list = Open();

        Assert.Contains("No cache node is known yet", Assert.Throws<BlobStoreUnavailableException>(() => list.Current).Message, StringComparison.Ordinal);
    }

    private static Task NamesAsync(NodeList list, params string[] expected) =>
        Eventually.IsTrueAsync(() => Names(list).SequenceEqual(expected, StringComparer.Ordinal), Token);

    private static IEnumerable<string> Names(NodeList list)
    {
        try
        {
            return list.Current.Nodes.Select(node => node.Name);
        }
        catch (BlobStoreUnavailableException)
        {
            return [];
        }
    }

    private NodeList Open() => new(new NodeSource([], FindAsync), 2, OpenNode, TimeSpan.FromMilliseconds(5), _time, NullLogger<NodeList>.Instance);

    private Task<IReadOnlyList<string>> FindAsync(CancellationToken cancellationToken)
    {
        if (!_fails)
        {
            return Task.FromResult<IReadOnlyList<string>>(_named);
        }

        _failed.Release();
        throw new System.Net.Sockets.SocketException(11);
    }

    private CacheNode OpenNode(string address)
    {
        Interlocked.Increment(ref _opened);
        return new CacheNode(address, new GuardedBlobStore(new MemoryBlobStore(1 << 20), address, TimeSpan.FromMinutes(1), _time, NullLogger<GuardedBlobStore>.Instance), null);
    }
}
