using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Caches;

public sealed class Rule09EmptyBlobTests(ServerUnderTest server) : RuleTests(server)
{
    private Digest Empty => DigestOf([]);

    [Fact]
    public async Task FindMissing_EmptyBlob_IsPresent() => Assert.Empty(await FindMissingAsync(Empty));

    [Fact]
    public async Task Read_EmptyBlob_GivesNothing() => Assert.Empty(await ReadAsync(BlobName(Empty)));

    [Fact]
    public async Task BatchRead_EmptyBlob_IsOk()
    {
        var response = await Cas.BatchReadBlobsAsync(
            new BatchReadBlobsRequest { InstanceName = Instance, DigestFunction = Server.Function, Digests = { Empty } }, deadline: Deadline());

        Assert.Equal(0, response.Responses.Single().Status?.Code ?? 0);
        Assert.True(response.Responses.Single().Data.IsEmpty);
    }

    [Fact]
    public async Task Write_EmptyBlob_IsTakenToo() => Assert.Equal(0, (await WriteAsync(UploadName(Empty), [])).CommittedSize);
}
