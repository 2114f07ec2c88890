using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Digests;
using BuildFarm.TestKit;
using Xunit;

namespace BuildFarm.BlobStore.Tests.Nodes;

/// <summary>Many small blobs at once, by way of several nodes.</summary>
public sealed class NodesBatchTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PutAndGet_AThousandBlobs_TellAndAskEachNodeOnce()
    {
        await using var bench = new NodesBench(nodes: 4);
        var blobs = Blobs(1000);

        Assert.All(await bench.Store.PutManyAsync(blobs, Token), Assert.Null);
        Assert.Equal([1, 1, 1, 1], bench.Batches);
        Assert.All(Contents(await bench.Store.GetManyAsync(Digests(blobs), Token), blobs), Assert.True);

        Assert.Equal([2, 2, 2, 2], bench.Batches);
        foreach (var blob in blobs)
        {
            Assert.True(await bench.HasAsync(bench.Of(blob.Digest)[0], blob.Digest) && await bench.HasAsync(bench.Of(blob.Digest)[1], blob.Digest));
        }
    }

    [Fact]
    public async Task Put_OneNodeDown_SucceedsAndTheNodeGetsItsShareWhenItIsBack()
    {
        await using var bench = new NodesBench(nodes: 3);
        var blobs = Blobs(100);
        var lost = bench.Of(blobs[0].Digest)[0];
        var share = blobs.Where(blob => bench.Of(blob.Digest).Contains(lost)).ToList();
        bench[lost].IsDown = true;

        Assert.All(await bench.Store.PutManyAsync(blobs, Token), Assert.Null);
        Assert.Equal(share.Count, bench.Store.OwedCopies);
        bench[lost].IsDown = false;

        await Eventually.IsTrueAsync(async _ => (await Task.WhenAll(share.Select(blob => bench.HasAsync(lost, blob.Digest)))).All(static has => has), Token);
    }

    [Fact]
    public async Task PutAndGet_BothNodesOfSomeDown_AreUnavailableAloneAndTheOthersAreServed()
    {
        await using var bench = new NodesBench(nodes: 4);
        var blobs = Blobs(200);
        Assert.All(await bench.Store.PutManyAsync(blobs, Token), Assert.Null);
        var down = bench.Of(blobs[0].Digest);
        foreach (var node in down)
        {
            bench[node].IsDown = true;
        }

        var answers = await bench.Store.GetManyAsync(Digests(blobs), Token);
        var refusals = await bench.Store.PutManyAsync(blobs, Token);

        for (var i = 0; i < blobs.Length; i++)
        {
            var isGone = bench.Of(blobs[i].Digest).All(down.Contains);
            Assert.Equal(isGone, answers[i].Failure is BlobStoreUnavailableException);
            Assert.Equal(!isGone, answers[i].Content is not null);
            Assert.Equal(isGone, refusals[i] is BlobStoreUnavailableException);
        }
    }

    [Fact]
    public async Task Get_FirstNodeLostTheBlob_ComesFromTheOtherAndIsHealed()
    {
        await using var bench = new NodesBench(nodes: 4);
        var content = TestContent.Of(1000, seed: 1);
        var (first, second) = (bench.Of(Digest.OfBytes(content))[0], bench.Of(Digest.OfBytes(content))[1]);
        var digest = await bench.PutOnAsync(second, content);

        var answer = Assert.Single(await bench.Store.GetManyAsync([digest], Token));

        Assert.Equal(content, answer.Content!.Value.ToArray());
        await Eventually.IsTrueAsync(async _ => await bench.HasAsync(first, digest), Token);
    }

    [Fact]
    public async Task Get_OneNodeLacksTheBlobAndTheOtherIsDown_IsAMiss()
    {
        await using var bench = new NodesBench(nodes: 4);
        var digest = Digest.OfBytes(TestContent.Of(1000, seed: 2));
        bench[bench.Of(digest)[0]].IsDown = true;

        Assert.Equal(default, Assert.Single(await bench.Store.GetManyAsync([digest], Token)));
    }

    [Fact]
    public async Task Put_WrongContentWhileANodeIsDown_IsAMismatch()
    {
        await using var bench = new NodesBench(nodes: 2);
        var digest = Digest.OfBytes("right"u8);
        bench[bench.Of(digest)[1]].IsDown = true;

        Assert.IsType<DigestMismatchException>(Assert.Single(await bench.Store.PutManyAsync([new BlobContent(digest, "wrong"u8.ToArray())], Token)));
        Assert.Equal(0, bench.Store.OwedCopies);
    }

    private static BlobContent[] Blobs(int count) =>
        [.. Enumerable.Range(0, count).Select(static i => TestContent.Of(100, seed: 3000 + i)).Select(static content => new BlobContent(Digest.OfBytes(content), content))];

    private static List<Digest> Digests(BlobContent[] blobs) => [.. blobs.Select(static blob => blob.Digest)];

    private static IEnumerable<bool> Contents(BlobAnswer[] answers, BlobContent[] blobs) =>
        answers.Zip(blobs, static (answer, blob) => answer.Content is { } content && content.Span.SequenceEqual(blob.Bytes.Span));
}
