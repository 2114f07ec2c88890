using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Caches;

public sealed class Rule15BatchTests(ServerUnderTest server) : RuleTests(server)
{
    private long Limit => Server.Capabilities.CacheCapabilities.MaxBatchTotalSizeBytes is > 0 and var limit ? limit : 4 << 20;

    [Fact]
    public async Task BatchRead_SomeUnknown_EachHasItsStatus()
    {
        var content = Fresh(100);
        var (stored, unknown) = (await StoreAsync(content), DigestOf(Fresh(100)));

        var response = await Cas.BatchReadBlobsAsync(
            new BatchReadBlobsRequest { InstanceName = Instance, DigestFunction = Server.Function, Digests = { stored, unknown } }, deadline: Deadline());

        Assert.Equal(2, response.Responses.Count);
        Assert.Equal(content, response.Responses.Single(item => item.Digest.Equals(stored)).Data.ToByteArray());
        Assert.Equal((int)StatusCode.NotFound, response.Responses.Single(item => item.Digest.Equals(unknown)).Status.Code);
    }

    [Fact]
    public async Task BatchUpdate_MoreThanTheLimit_FailsAsAWholeAndStoresNothing()
    {
        var parts = Enumerable.Range(0, 2).Select(_ => Fresh((int)(Limit / 2) + 1000)).ToList();
        var request = new BatchUpdateBlobsRequest { InstanceName = Instance, DigestFunction = Server.Function };
        request.Requests.AddRange(parts.Select(part => new BatchUpdateBlobsRequest.Types.Request { Digest = DigestOf(part), Data = ByteString.CopyFrom(part) }));

        // A message that the transport refuses for its size comes to the same.
        await RefusedAsync(async () => await Cas.BatchUpdateBlobsAsync(request, deadline: Deadline()), StatusCode.InvalidArgument, StatusCode.ResourceExhausted);

        Assert.Equal(2, (await FindMissingAsync([.. parts.Select(DigestOf)])).Count);
    }

    [Fact]
    public async Task BatchRead_MoreThanTheLimit_IsInvalid()
    {
        var parts = new List<Digest>();
        for (var i = 0; i < 2; i++)
        {
            var part = Fresh((int)(Limit / 2) + 1000);
            await WriteAsync(UploadName(DigestOf(part)), part);
            parts.Add(DigestOf(part));
        }

        await RefusedAsync(
            async () => await Cas.BatchReadBlobsAsync(
                new BatchReadBlobsRequest { InstanceName = Instance, DigestFunction = Server.Function, Digests = { parts } }, deadline: Deadline()),
            StatusCode.InvalidArgument);
    }
}
