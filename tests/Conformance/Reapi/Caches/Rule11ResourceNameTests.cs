using BuildFarm.Conformance.Reapi.Support;
using Grpc.Core;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Caches;

public sealed class Rule11ResourceNameTests(ServerUnderTest server) : RuleTests(server)
{
    [Fact]
    public async Task Write_NameGoesOnAfterTheSize_IsTaken()
    {
        var content = Fresh(100);

        var response = await WriteAsync(UploadName(DigestOf(content)) + "/some/file.o", content);

        Assert.Equal(content.Length, response.CommittedSize);
        Assert.Equal(content, await ReadAsync(BlobName(DigestOf(content))));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("blobs/abc/3")]
    [InlineData("blobs//3")]
    [InlineData("uploads/u/blobs")]
    [InlineData("blobs/../../etc/passwd")]
    public async Task Read_MalformedName_IsInvalid(string name) => await RefusedAsync(() => ReadAsync(Named(name)), StatusCode.InvalidArgument, StatusCode.NotFound);

    [Theory]
    [InlineData("nonsense")]
    [InlineData("uploads/u/blobs/abc/3")]
    [InlineData("uploads//blobs/abc/3")]
    [InlineData("blobs/abc/3")]
    public async Task Write_MalformedName_IsInvalid(string name) => await RefusedAsync(() => WriteAsync(Named(name), [1]), StatusCode.InvalidArgument);

    [Fact]
    public async Task Read_InstanceWithAReservedWord_IsRefused()
    {
        var digest = await StoreAsync(Fresh(100));

        await RefusedAsync(() => ReadAsync($"blobs/blobs/{Spelled(digest)}"), StatusCode.InvalidArgument, StatusCode.NotFound, StatusCode.PermissionDenied);
    }
}
