using System.Security.Cryptography;
using BuildFarm.BlobStore.Nodes;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Nodes;

public sealed class RendezvousTests
{
    private const int Keys = 100_000;

    private static readonly ulong[] AllKeys = [.. Enumerable.Range(0, Keys).Select(i => BitConverter.ToUInt64(SHA256.HashData(BitConverter.GetBytes(i))))];

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(10)]
    public void Join_MovesOnlyTheShareOfTheNewNode(int nodes)
    {
        var before = Place(Seeds(nodes));
        var after = Place(Seeds(nodes + 1));
        var moved = 0;
        for (var i = 0; i < Keys; i++)
        {
            var came = after[i].Except(before[i]).ToList();
            Assert.True(came.Count == 0 || came is [var only] && only == nodes, $"key {i}: {string.Join(' ', before[i])} became {string.Join(' ', after[i])}");
            moved += came.Count;
        }

        // Of two copies each.
        Assert.InRange((double)moved / (2 * Keys), (1.0 / (nodes + 1)) - 0.005, (1.0 / (nodes + 1)) + 0.005);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(10)]
    public void Loss_MovesOnlyTheShareOfTheLostNode(int nodes)
    {
        var seeds = Seeds(nodes);
        const int lost = 1;
        var before = Place(seeds);
        var without = Place([.. seeds.Where((_, i) => i != lost)]).Select(places => places.Select(place => place < lost ? place : place + 1).ToArray()).ToArray();
        var moved = 0;
        for (var i = 0; i < Keys; i++)
        {
            // Whoever else had it still has it.
            Assert.Empty(before[i].Where(node => node != lost).Except(without[i]));
            moved += without[i].Except(before[i]).Count();
        }

        Assert.InRange((double)moved / (2 * Keys), (1.0 / nodes) - 0.005, (1.0 / nodes) + 0.005);
    }

    [Fact]
    public void Place_EachNode_HasItsShareOfFirstAndOfSecondPlaces()
    {
        var places = Place(Seeds(5));

        Assert.All(Enumerable.Range(0, 5), node =>
        {
            Assert.InRange(places.Count(place => place[0] == node) / (double)Keys, 0.195, 0.205);
            Assert.InRange(places.Count(place => place[1] == node) / (double)Keys, 0.195, 0.205);
        });
        Assert.All(places, place => Assert.NotEqual(place[0], place[1]));
    }

    [Fact]
    public void Place_OrderOfTheList_IsNoPartOfIt()
    {
        var seeds = Seeds(7);
        var reversed = seeds.Reverse().ToArray();

        Assert.Equal(Place(seeds).Select(place => (seeds[place[0]], seeds[place[1]])), Place(reversed).Select(place => (reversed[place[0]], reversed[place[1]])));
    }

    // What is written to disks by one version must be found by the next.
    [Fact]
    public void Place_KnownNodes_StaysAsItIs()
    {
        var seeds = Seeds(5);

        Assert.Equal(0x9C8572F60E488216ul, Rendezvous.SeedOf("http://cache-0.cache:8980"));
        Assert.Equal("1 2|4 2|0 3|4 1", string.Join('|', AllKeys.Take(4).Select(key => string.Join(' ', PlaceOne(seeds, key)))));
    }

    private static ulong[] Seeds(int nodes) => [.. Enumerable.Range(0, nodes).Select(i => Rendezvous.SeedOf($"http://cache-{i}.cache:8980"))];

    private static int[][] Place(ulong[] seeds) => [.. AllKeys.Select(key => PlaceOne(seeds, key))];

    private static int[] PlaceOne(ulong[] seeds, ulong key)
    {
        var best = new int[2];
        Rendezvous.Place(seeds, key, best);
        return best;
    }
}
