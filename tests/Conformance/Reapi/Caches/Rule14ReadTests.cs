using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Grpc.Core;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Caches;

public sealed class Rule14ReadTests(ServerUnderTest server) : RuleTests(server)
{
    [Theory]
    [InlineData(0, 0, 1000)]
    [InlineData(0, 10, 10)]
    [InlineData(990, 0, 10)]
    [InlineData(990, 100, 10)]
    [InlineData(1000, 0, 0)]
    public async Task Read_OffsetAndLimit_GivesThatPart(int offset, int limit, int expected)
    {
        var content = Fresh(1000);
        var digest = await StoreAsync(content);

        Assert.Equal(content[offset..(offset + expected)], await ReadAsync(BlobName(digest), offset, limit));
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(1001, 0)]
    [InlineData(0, -1)]
    public async Task Read_ImpossibleOffsetOrLimit_IsRefused(int offset, int limit)
    {
        var digest = await StoreAsync(Fresh(1000));

        await RefusedAsync(() => ReadAsync(BlobName(digest), offset, limit), StatusCode.OutOfRange, StatusCode.InvalidArgument);
    }

    [Fact]
    public async Task ReadCompressed_NonZeroLimit_IsRefused()
    {
        var digest = await StoreAsync(Fresh(1000));
        StatusCode[] codes = Server.Capabilities.CacheCapabilities.SupportedCompressors.Contains(Compressor.Types.Value.Zstd)
            ? [StatusCode.InvalidArgument]
            : [StatusCode.InvalidArgument, StatusCode.Unimplemented];

        await RefusedAsync(() => ReadAsync(Named($"compressed-blobs/zstd/{Spelled(digest)}"), 0, 10), codes);
    }
}
