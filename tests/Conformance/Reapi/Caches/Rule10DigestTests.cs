using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Caches;

public sealed class Rule10DigestTests(ServerUnderTest server) : RuleTests(server)
{
    [Fact]
    public async Task FindMissing_SameHashAnotherSize_IsMissing()
    {
        var stored = await StoreAsync(Fresh(1000));
        var other = new Digest { Hash = stored.Hash, SizeBytes = 999 };

        Assert.Equal([other], await FindMissingAsync(other));
    }

    [Theory]
    [InlineData("upper")]
    [InlineData("short")]
    [InlineData("long")]
    [InlineData("letters")]
    [InlineData("negative")]
    public async Task FindMissing_MalformedDigest_IsInvalid(string kind)
    {
        var good = DigestOf([.. Fresh(100)]);
        var bad = kind switch
        {
            "upper" => new Digest { Hash = "A" + good.Hash[1..], SizeBytes = 100 },
            "short" => new Digest { Hash = good.Hash[1..], SizeBytes = 100 },
            "long" => new Digest { Hash = good.Hash + "0", SizeBytes = 100 },
            "letters" => new Digest { Hash = "g" + good.Hash[1..], SizeBytes = 100 },
            _ => new Digest { Hash = good.Hash, SizeBytes = -1 },
        };

        await RefusedAsync(() => FindMissingAsync(bad), StatusCode.InvalidArgument);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(999)]
    [InlineData(1001)]
    public async Task Write_ContentThatDoesNotMatch_IsInvalidAndNotStored(int size)
    {
        var digest = DigestOf(Fresh(1000));

        await RefusedAsync(() => WriteAsync(UploadName(digest), Fresh(size)), StatusCode.InvalidArgument);

        Assert.Equal([digest], await FindMissingAsync(digest));
    }

    [Fact]
    public async Task BatchUpdate_ContentThatDoesNotMatch_IsInvalidForThatBlobAlone()
    {
        var (good, content) = (Fresh(100), Fresh(100));
        var wrong = DigestOf(Fresh(100));

        var response = await Cas.BatchUpdateBlobsAsync(
            new BatchUpdateBlobsRequest
            {
                InstanceName = Instance,
                DigestFunction = Server.Function,
                Requests =
                {
                    new BatchUpdateBlobsRequest.Types.Request { Digest = wrong, Data = ByteString.CopyFrom(content) },
                    new BatchUpdateBlobsRequest.Types.Request { Digest = DigestOf(good), Data = ByteString.CopyFrom(good) },
                },
            },
            deadline: Deadline());

        Assert.Equal((int)StatusCode.InvalidArgument, response.Responses.Single(item => item.Digest.Equals(wrong)).Status.Code);
        Assert.Equal([wrong], await FindMissingAsync(wrong, DigestOf(good)));
    }
}
