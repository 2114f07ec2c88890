using BuildFarm.Conformance.Reapi.Support;
using Grpc.Core;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Caches;

public sealed class Rule07FindMissingTests(ServerUnderTest server) : RuleTests(server)
{
    [Fact]
    public async Task FindMissing_StoredAndUnknownBlobs_NamesTheUnknownAlone()
    {
        var stored = await StoreAsync(Fresh(1000));
        var unknown = DigestOf(Fresh(1000));

        Assert.Equal([unknown], await FindMissingAsync(stored, unknown));
    }

    [Fact]
    public async Task FindMissing_BlobCalledPresent_CanBeRead()
    {
        var content = Fresh(1000);
        var digest = DigestOf(content);
        Assert.Equal([digest], await FindMissingAsync(digest));

        await WriteAsync(UploadName(digest), content);

        Assert.Empty(await FindMissingAsync(digest));
        Assert.Equal(content, await ReadAsync(BlobName(digest)));
    }

    [Fact]
    public async Task FindMissing_InterruptedUpload_IsMissing()
    {
        var content = Fresh(100_000);
        var digest = DigestOf(content);
        using (var call = Streams.Write(deadline: Deadline()))
        {
            await call.RequestStream.WriteAsync(
                new Google.Bytestream.WriteRequest { ResourceName = UploadName(digest), Data = Google.Protobuf.ByteString.CopyFrom(content, 0, 50_000) }, Token);
        }

        Assert.Equal([digest], await FindMissingAsync(digest));
        await RefusedAsync(() => ReadAsync(BlobName(digest)), StatusCode.NotFound);
    }

    [Fact]
    public async Task FindMissing_TenThousandDigests_NamesEachUnknownOnce()
    {
        var stored = await StoreAsync(Fresh(10));
        var unknown = Enumerable.Range(0, 10_000).Select(_ => DigestOf(Fresh(16))).ToArray();

        var missing = await FindMissingAsync([stored, .. unknown]);

        Assert.Equal(unknown.Select(Spelled).Order(StringComparer.Ordinal), missing.Select(Spelled).Order(StringComparer.Ordinal));
    }
}
