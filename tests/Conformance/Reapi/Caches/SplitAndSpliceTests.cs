using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Grpc.Core;
using Xunit;
using Digest = Build.Bazel.Remote.Execution.V2.Digest;

namespace BuildFarm.Conformance.Reapi.Caches;

/// <summary>SplitBlob and SpliceBlob, as their comments in the contract say.</summary>
public sealed class SplitAndSpliceTests(ServerUnderTest server) : RuleTests(server)
{
    private CacheCapabilities Capabilities => Server.Capabilities.CacheCapabilities;

    [Fact]
    public void Capabilities_OfChunking_AreInTheirRange()
    {
        if (Capabilities.FastCdc2020Params is { } fast)
        {
            Assert.InRange(fast.AvgChunkSizeBytes, 1ul << 10, 1ul << 20);
            Assert.True(ulong.IsPow2(fast.AvgChunkSizeBytes));
        }

        if (Capabilities.RepMaxCdcParams is { } rep)
        {
            Assert.True(rep.MinChunkSizeBytes >= 64, "min_chunk_size_bytes is below 64");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(2 << 20)]
    [InlineData(9_000_001)]
    public async Task Split_Blob_GivesChunksThatAreThereAndMakeIt(int size)
    {
        SkipUnlessSplits();
        var content = Fresh(size);
        var digest = await UploadAsync(content);

        var split = await SplitAsync(digest);

        Assert.Empty(await FindMissingAsync([.. split.ChunkDigests]));
        var joined = new List<byte>();
        foreach (var chunk in split.ChunkDigests)
        {
            joined.AddRange(await ReadAsync(BlobName(chunk)));
        }

        Assert.Equal(content, joined);
        Assert.Equal(split, await SplitAsync(digest));
    }

    [Fact]
    public async Task Split_ByFastCdc_KeepsTheSizesOfTheCapabilities()
    {
        SkipUnlessSplits();
        Assert.SkipWhen(Capabilities.FastCdc2020Params is null, "this server does not have FAST_CDC_2020");
        var average = (long)Capabilities.FastCdc2020Params.AvgChunkSizeBytes;
        var digest = await UploadAsync(Fresh((int)(average * 20)));

        var split = await SplitAsync(digest, ChunkingFunction.Types.Value.FastCdc2020);

        Assert.Equal(ChunkingFunction.Types.Value.FastCdc2020, split.ChunkingFunction);
        Assert.All(split.ChunkDigests.SkipLast(1), chunk => Assert.InRange(chunk.SizeBytes, average / 4, average * 4));
        Assert.True(split.ChunkDigests.Count > 5, $"{split.ChunkDigests.Count} chunks");
    }

    [Fact]
    public async Task Split_ByRepMaxCdc_KeepsTheSizesOfTheCapabilities()
    {
        SkipUnlessSplits();
        Assert.SkipWhen(Capabilities.RepMaxCdcParams is null, "this server does not have REP_MAX_CDC");
        var min = (long)Capabilities.RepMaxCdcParams.MinChunkSizeBytes;
        var content = Fresh((int)(min * 30));

        var split = await SplitAsync(await UploadAsync(content), ChunkingFunction.Types.Value.RepMaxCdc);

        Assert.Equal(ChunkingFunction.Types.Value.RepMaxCdc, split.ChunkingFunction);
        Assert.All(split.ChunkDigests, chunk => Assert.InRange(chunk.SizeBytes, min, (2 * min) - 1));
        var joined = new List<byte>();
        foreach (var chunk in split.ChunkDigests)
        {
            joined.AddRange(await ReadAsync(BlobName(chunk)));
        }

        Assert.Equal(content, joined);
    }

    [Theory]
    [InlineData(ChunkingFunction.Types.Value.Unknown, 4)]
    [InlineData(ChunkingFunction.Types.Value.FastCdc2020, 4)]
    [InlineData(ChunkingFunction.Types.Value.RepMaxCdc, 8)]
    public async Task Split_AfterASmallEdit_SharesMostChunks(ChunkingFunction.Types.Value chunking, int atMost)
    {
        SkipUnlessSplits();
        var content = Fresh(12_000_000);
        byte[] edited = [.. content[..6_000_000], 1, 2, 3, .. content[6_000_000..]];
        var before = await SplitAsync(await UploadAsync(content), chunking);
        var after = await SplitAsync(await UploadAsync(edited), chunking);

        Assert.InRange(after.ChunkDigests.Except(before.ChunkDigests).Count(), 1, atMost);
        Assert.True(after.ChunkDigests.Count > 8, $"{after.ChunkDigests.Count} chunks");
    }

    [Fact]
    public async Task Split_BlobIsAbsent_IsNotFound()
    {
        SkipUnlessSplits();

        await RefusedAsync(() => SplitAsync(DigestOf(Fresh(5_000_000))), StatusCode.NotFound);
    }

    [Theory]
    [InlineData(DigestFunction.Types.Value.Sha256)]
    [InlineData(DigestFunction.Types.Value.Sha1)]
    [InlineData(DigestFunction.Types.Value.Sha512)]
    [InlineData(DigestFunction.Types.Value.Blake3)]
    public async Task SplitAndSplice_EachFunction_NamesChunksByIt(DigestFunction.Types.Value function)
    {
        SkipUnlessSplits();
        SkipUnlessSplices();
        Assert.SkipUnless(Capabilities.DigestFunctions.Contains(function), $"this server does not have {function}");
        Function = function;
        var content = Fresh(5_000_000);
        var split = await SplitAsync(await UploadAsync(content));
        Assert.All(split.ChunkDigests, chunk => Assert.Equal(DigestOf([]).Hash.Length, chunk.Hash.Length));
        byte[] more = [.. content, .. Fresh(10)];
        var chunks = split.ChunkDigests.Append(await StoreAsync(more[^10..]));

        await SpliceAsync(DigestOf(more), chunks);

        Assert.Equal(more, await ReadAsync(BlobName(DigestOf(more))));
    }

    [Fact]
    public async Task Splice_ChunksThatArePresent_MakesTheBlob()
    {
        SkipUnlessSplices();
        byte[] first = Fresh(300_000), second = Fresh(10);
        byte[] whole = [.. first, .. second, .. first];
        Digest[] chunks = [await StoreAsync(first), await StoreAsync(second), await StoreAsync(first)];

        var answer = await SpliceAsync(DigestOf(whole), chunks);

        Assert.Equal(DigestOf(whole), answer.BlobDigest);
        Assert.Equal(whole, await ReadAsync(BlobName(DigestOf(whole))));
        try
        {
            await SpliceAsync(DigestOf(whole), chunks);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.AlreadyExists)
        {
            // The contract allows this answer too.
        }
    }

    [Fact]
    public async Task Splice_AChunkIsAbsent_IsNotFoundAndNothingIsStored()
    {
        SkipUnlessSplices();
        byte[] first = Fresh(1000), absent = Fresh(1000);
        var whole = DigestOf([.. first, .. absent]);
        var stored = await StoreAsync(first);

        await RefusedAsync(() => SpliceAsync(whole, [stored, DigestOf(absent)]), StatusCode.NotFound);

        Assert.Equal([whole], await FindMissingAsync(whole));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(999)]
    [InlineData(1001)]
    public async Task Splice_ChunksThatMakeAnotherBlob_IsInvalidAndNothingIsStored(int size)
    {
        SkipUnlessSplices();
        var whole = DigestOf(Fresh(1000));
        var chunk = await StoreAsync(Fresh(size));

        await RefusedAsync(() => SpliceAsync(whole, [chunk]), StatusCode.InvalidArgument);

        Assert.Equal([whole], await FindMissingAsync(whole));
    }

    [Fact]
    public async Task Splice_WithoutChunks_IsTheEmptyBlobAlone()
    {
        SkipUnlessSplices();

        await SpliceAsync(DigestOf([]), []);
        await RefusedAsync(() => SpliceAsync(DigestOf(Fresh(10)), []), StatusCode.InvalidArgument);
    }

    private void SkipUnlessSplits() => Assert.SkipUnless(Capabilities.SplitBlobSupport, "this server splits no blobs");

    private void SkipUnlessSplices() => Assert.SkipUnless(Capabilities.SpliceBlobSupport, "this server splices no blobs");

    private async Task<Digest> UploadAsync(byte[] content)
    {
        await WriteAsync(UploadName(DigestOf(content)), content);
        return DigestOf(content);
    }

    private async Task<SplitBlobResponse> SplitAsync(Digest digest, ChunkingFunction.Types.Value chunking = ChunkingFunction.Types.Value.Unknown) => await Cas.SplitBlobAsync(
        new SplitBlobRequest { InstanceName = Instance, BlobDigest = digest, DigestFunction = Function, ChunkingFunction = chunking }, deadline: Deadline());

    private async Task<SpliceBlobResponse> SpliceAsync(Digest digest, IEnumerable<Digest> chunks) => await Cas.SpliceBlobAsync(
        new SpliceBlobRequest { InstanceName = Instance, BlobDigest = digest, ChunkDigests = { chunks }, DigestFunction = Function }, deadline: Deadline());
}
