using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Nodes;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.BlobStore.Tests.Tiers;
using BuildFarm.TestKit;
using Xunit;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.BlobStore.Tests.Nodes;

public sealed class NodesBlobStoreConformance : BlobStoreConformance
{
    private readonly NodesBench _bench = new(nodes: 3);

    public override async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override ValueTask<IBlobStore> CreateStoreAsync() => ValueTask.FromResult<IBlobStore>(_bench.Store);
}

public sealed class NodesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Write_Blob_IsOnItsTwoNodesAndNoOther()
    {
        await using var bench = new NodesBench(nodes: 4);
        var content = TestContent.Of(1000, seed: 1);

        var digest = await bench.Store.PutBytesAsync(content, Token);

        var (first, second) = (bench.Of(digest)[0], bench.Of(digest)[1]);
        Assert.True(await bench.HasAsync(first, digest) && await bench.HasAsync(second, digest));
        Assert.Equal(content, await bench.Store.ReadAllBytesAsync(digest, cancellationToken: Token));
        Assert.Equal((1, 0), (bench[first].Opened, bench[second].Opened));
    }

    [Fact]
    public async Task Read_FirstNodeDown_ComesFromTheReplica()
    {
        await using var bench = new NodesBench(nodes: 4);
        var content = TestContent.Of(1000, seed: 2);
        var digest = await bench.Store.PutBytesAsync(content, Token);
        bench[bench.Of(digest)[0]].IsDown = true;

        Assert.Equal(content, await bench.Store.ReadAllBytesAsync(digest, cancellationToken: Token));
        Assert.Empty(await bench.Store.FindMissingAsync([digest], Token));
    }

    [Fact]
    public async Task Read_FirstNodeLostTheBlob_GetsItBack()
    {
        await using var bench = new NodesBench(nodes: 4);
        var content = TestContent.Of(1000, seed: 3);
        var (first, second) = (bench.Of(Digest.OfBytes(content))[0], bench.Of(Digest.OfBytes(content))[1]);
        var digest = await bench.PutOnAsync(second, content);

        Assert.Equal(content, await bench.Store.ReadAllBytesAsync(digest, cancellationToken: Token));

        await Eventually.IsTrueAsync(async _ => await bench.HasAsync(first, digest), Token);
    }

    [Fact]
    public async Task FindMissing_OneNodeLostTheBlob_IsPresentAndHealed()
    {
        await using var bench = new NodesBench(nodes: 4);
        var content = TestContent.Of(1000, seed: 4);
        var (first, second) = (bench.Of(Digest.OfBytes(content))[0], bench.Of(Digest.OfBytes(content))[1]);
        var digest = await bench.PutOnAsync(first, content);
        var absent = Digest.OfBytes("absent"u8);

        Assert.Equal([absent], await bench.Store.FindMissingAsync([digest, absent], Token));

        await Eventually.IsTrueAsync(async _ => await bench.HasAsync(second, digest), Token);
    }

    [Fact]
    public async Task FindMissing_TenThousandDigests_AsksEachNodeOnceForItsShare()
    {
        await using var bench = new NodesBench(nodes: 4);
        var digests = Enumerable.Range(0, 10_000).Select(i => Digest.OfBytes(BitConverter.GetBytes(i))).ToList();

        Assert.Equal(10_000, (await bench.Store.FindMissingAsync(digests, Token)).Count);

        var asked = digests.SelectMany(digest => bench.Of(digest)).Distinct().Sum(node => bench[node].Asked);
        Assert.Equal(20_000, asked);
    }

    [Fact]
    public async Task Write_OneNodeDown_SucceedsAndTheNodeGetsItWhenItIsBack()
    {
        await using var bench = new NodesBench(nodes: 3);
        var content = TestContent.Of(1000, seed: 5);
        var lost = bench.Of(Digest.OfBytes(content))[0];
        bench[lost].IsDown = true;

        var digest = await bench.Store.PutBytesAsync(content, Token);
        Assert.Equal(content, await bench.Store.ReadAllBytesAsync(digest, cancellationToken: Token));
        Assert.Equal(1, bench.Store.OwedCopies);
        bench[lost].IsDown = false;

        await Eventually.IsTrueAsync(async _ => await bench.HasAsync(lost, digest), Token);
        await Eventually.IsTrueAsync(() => bench.Store.OwedCopies == 0, Token);
    }

    /// <summary>A machine that stands still longer than a failed node is left alone finds that it may be asked again at once.</summary>
    [Fact]
    public async Task Write_OneNodeDownOnAMachineThatStandsStill_TheNodeGetsItAllTheSame()
    {
        await using var bench = new NodesBench(nodes: 3, new StallingTime());
        var content = TestContent.Of(1000, seed: 5);
        var lost = bench.Of(Digest.OfBytes(content))[0];
        bench[lost].IsDown = true;

        var digest = await bench.Store.PutBytesAsync(content, Token);
        await Eventually.IsTrueAsync(() => bench[lost].Refused > 2, Token);
        bench[lost].IsDown = false;

        await Eventually.IsTrueAsync(async _ => await bench.HasAsync(lost, digest), Token);
    }

    [Fact]
    public async Task Write_NodeGoesInTheMiddle_Succeeds()
    {
        await using var bench = new NodesBench(nodes: 3);
        var content = TestContent.Of(100_000, seed: 6);
        var digest = Digest.OfBytes(content);

        await using (var writer = await bench.Store.CreateAsync(digest, Token))
        {
            await writer.WriteAsync(content.AsMemory(0, 50_000), Token);
            bench[bench.Of(digest)[1]].IsDown = true;
            await writer.WriteAsync(content.AsMemory(50_000), Token);
            await writer.CommitAsync(Token);
        }

        Assert.Equal(content, await bench.Store.ReadAllBytesAsync(digest, cancellationToken: Token));
    }

    [Fact]
    public async Task BothNodesDown_IsUnavailableAndNotMissing()
    {
        await using var bench = new NodesBench(nodes: 4);
        var digest = await bench.Store.PutBytesAsync(TestContent.Of(1000, seed: 7), Token);
        foreach (var node in bench.Of(digest))
        {
            bench[node].IsDown = true;
        }

        await Assert.ThrowsAsync<BlobStoreUnavailableException>(async () => await bench.Store.OpenAsync(digest, Token));
        await Assert.ThrowsAsync<BlobStoreUnavailableException>(async () => await bench.Store.FindMissingAsync([digest], Token));
        await Assert.ThrowsAsync<BlobStoreUnavailableException>(async () => await bench.Store.CreateAsync(digest, Token));
    }

    [Fact]
    public async Task Join_EveryBlobStaysReadableAndTheNewNodeGetsItsShare()
    {
        await using var bench = new NodesBench(nodes: 3);
        var digests = new List<Digest>();
        for (var i = 0; i < 300; i++)
        {
            digests.Add(await bench.Store.PutBytesAsync(TestContent.Of(100, seed: 1000 + i), Token));
        }

        var joined = bench.Add();

        Assert.Empty(await bench.Store.FindMissingAsync(digests, Token));
        var share = digests.Where(digest => bench.Of(digest).Contains(joined)).ToList();
        Assert.InRange(share.Count, 100, 200);
        await Eventually.IsTrueAsync(async _ => (await Task.WhenAll(share.Select(digest => bench.HasAsync(joined, digest)))).All(has => has), Token);
        foreach (var digest in digests)
        {
            Assert.NotNull(await bench.Store.ReadAllBytesAsync(digest, cancellationToken: Token));
        }
    }

    [Fact]
    public async Task Result_OneNodeDown_IsStoredAndFoundAndHealedLater()
    {
        await using var bench = new NodesBench(nodes: 3);
        var key = new ActionKey("", "environment", Digest.OfBytes("action"u8));
        var entry = new ActionEntry(new ActionResult(), EntryKind.Asserted, "client", DateTimeOffset.UnixEpoch);
        var (first, second) = (bench.Of(key.Action)[0], bench.Of(key.Action)[1]);
        bench[first].IsDown = true;

        await bench.Results.PutAsync(key, entry, Token);
        Assert.Equal(entry, await bench.Results.GetAsync(key, Token));
        bench[first].IsDown = false;
        await Eventually.IsTrueAsync(() => !first.IsDown, Token);
        await Eventually.IsTrueAsync(async _ => await bench.Results.GetAsync(key, Token) is not null && !first.IsDown, Token);
        bench[second].IsDown = true;

        Assert.Equal(entry, await bench.Results.GetAsync(key, Token));
    }

    [Fact]
    public async Task Result_ReplacedWhileItIsReadForHealing_StaysReplaced()
    {
        await using var bench = new NodesBench(nodes: 3);
        var key = new ActionKey("", "environment", Digest.OfBytes("action"u8));
        var old = new ActionEntry(new ActionResult(), EntryKind.Asserted, "client", DateTimeOffset.UnixEpoch);
        var deletion = old with { Producer = "who deleted" };
        var (first, second) = (bench.Of(key.Action)[0], bench.Of(key.Action)[1]);
        await second.PutEntryAsync(key, old, Token);
        bench.BeforeAnswer = () => bench.Results.PutAsync(key, deletion, Token);

        Assert.Equal(old, await bench.Results.GetAsync(key, Token));

        Assert.Equal(deletion, await first.GetEntryAsync(key, Token));
        Assert.Equal(deletion, await second.GetEntryAsync(key, Token));
    }

    [Fact]
    public async Task Result_DeletedWhileOneNodeIsDown_DoesNotComeBackWithTheNode()
    {
        await using var bench = new NodesBench(nodes: 3);
        var key = new ActionKey("", "environment", Digest.OfBytes("action"u8));
        var old = new ActionEntry(new ActionResult(), EntryKind.Asserted, "client", DateTimeOffset.UnixEpoch);
        var (deletion, next) = (old with { Producer = "who deleted" }, old with { Producer = "who built it again" });
        var (first, second) = (bench.Of(key.Action)[0], bench.Of(key.Action)[1]);
        await bench.Results.PutAsync(key, old, Token);
        bench[first].IsDown = true;
        await bench.Results.PutAsync(key, deletion, Token);
        bench[first].IsDown = false;
        await Eventually.IsTrueAsync(() => !first.IsDown, Token);

        Assert.Equal(deletion, await bench.Results.GetAsync(key, Token));
        bench[second].IsDown = true;
        Assert.Null(await bench.Results.GetAsync(key, Token));
        bench[second].IsDown = false;
        await Eventually.IsTrueAsync(() => !second.IsDown, Token);
        await bench.Results.PutAsync(key, next, Token);
        bench[second].IsDown = true;
        Assert.Equal(next, await bench.Results.GetAsync(key, Token));
    }

    [Theory]
    [InlineData("http://cache-{0..2}.cache:8980", "http://cache-0.cache:8980|http://cache-1.cache:8980|http://cache-2.cache:8980")]
    [InlineData("http://a:1, http://b:2/", "http://a:1|http://b:2")]
    public void Addresses_ListAndRange_AreSpeltOut(string text, string expected)
    {
        Assert.Equal(expected.Split('|'), NodeAddresses.Expand(text));
        Assert.Empty(NodeAddresses.FindProblems(text, copies: 2));
    }

    [Theory]
    [InlineData("http://a:1", "names 1 nodes")]
    [InlineData("http://a:1,http://a:1", "each once")]
    [InlineData("a:1,b:2", "is not http://host:port")]
    [InlineData("dns://cache", "is not dns://NAME:PORT")]
    public void Addresses_Mistake_IsSaid(string text, string expected)
    {
        Assert.Contains(NodeAddresses.FindProblems(text, copies: 2), problem => problem.Contains(expected, StringComparison.Ordinal));
    }

    /// <summary>A minute passes between any two looks at the clock.</summary>
    private sealed class StallingTime : TimeProvider
    {
        private long _looks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Increment(ref _looks) * TimeSpan.TicksPerMinute;
    }
}
