using BuildFarm.Cache.Resources;
using BuildFarm.Digests;
using Xunit;

namespace BuildFarm.Cache.Tests;

/// <summary>Rules 10 and 11: what a resource name may look like.</summary>
public sealed class ResourceNamesTests
{
    private const string Hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private static readonly Digest SomeDigest = Digest.Parse(Hash, 42);

    [Theory]
    [InlineData("", $"blobs/{Hash}/42")]
    [InlineData("main", $"main/blobs/{Hash}/42")]
    [InlineData("a/b/c", $"a/b/c/blobs/{Hash}/42")]
    [InlineData("logstreams-of-mine", $"logstreams-of-mine/blobs/{Hash}/42")]
    public void Rule11_ReadName_GivesInstanceAndDigest(string instance, string name)
    {
        Assert.Equal(new BlobResource(instance, SomeDigest), ResourceNames.ParseRead(name));
    }

    [Theory]
    [InlineData("", $"uploads/6d2c/blobs/{Hash}/42")]
    [InlineData("", $"uploads/6d2c/blobs/{Hash}/42/some/file.txt")]
    [InlineData("a/b", $"a/b/uploads/6d2c/blobs/{Hash}/42")]
    [InlineData("a/b", $"a/b/uploads/6d2c/blobs/{Hash}/42/blobs/x")]
    public void Rule11_WriteName_GivesInstanceUploadAndDigest(string instance, string name)
    {
        Assert.Equal(new UploadResource(instance, "6d2c", SomeDigest), ResourceNames.ParseWrite(name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("blobs")]
    [InlineData($"blobs/{Hash}")]
    [InlineData($"blobs/{Hash}/")]
    [InlineData($"blobs/{Hash}/42/more")]
    [InlineData($"blobs/{Hash}/-1")]
    [InlineData($"blobs/{Hash}/+42")]
    [InlineData($"blobs/{Hash}/99999999999999999999")]
    [InlineData("blobs/E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855/42")]
    [InlineData("blobs/e3b0/42")]
    [InlineData("blobs/../../../../etc/passwd")]
    [InlineData($"blobs/sha256/{Hash}/42")]
    [InlineData($"blobs/gitsha1/{Hash}/42")]
    [InlineData($"blobs/blake3/sha256tree/{Hash}/42")]
    [InlineData("blobs/blake3")]
    [InlineData("blobs/blake3/e3b0/42")]
    [InlineData($"/blobs/{Hash}/42")]
    [InlineData($"a//b/blobs/{Hash}/42")]
    [InlineData($"actions/blobs/{Hash}/42")]
    [InlineData($"a/operations/blobs/{Hash}/42")]
    [InlineData($"uploads/6d2c/blobs/{Hash}/42")]
    [InlineData($"compressed-blobs/lzma/{Hash}/42")]
    [InlineData("something/else")]
    [InlineData("logstreams")]
    [InlineData("logstreams/1234")]
    [InlineData("logstreams/1234/stdin")]
    [InlineData("logstreams//stdout")]
    [InlineData("logstreams/a b/stdout")]
    public void Rule11_MalformedReadName_IsRefusedWithAReason(string name)
    {
        var refusal = Assert.Throws<ResourceNameException>(() => ResourceNames.ParseRead(name));
        Assert.DoesNotContain('\n', refusal.Message);
    }

    [Theory]
    [InlineData($"blobs/{Hash}/42")]
    [InlineData("uploads")]
    [InlineData("uploads/6d2c")]
    [InlineData($"uploads//blobs/{Hash}/42")]
    [InlineData($"uploads/6d2c/{Hash}/42")]
    [InlineData($"uploads/blobs/{Hash}/42")]
    [InlineData($"uploads/6d2c/blobs/{Hash}")]
    public void Rule11_MalformedWriteName_IsRefused(string name)
    {
        Assert.Throws<ResourceNameException>(() => ResourceNames.ParseWrite(name));
    }

    [Theory]
    [InlineData("blake3")]
    [InlineData("sha256tree")]
    public void Rule11_FunctionOutsideTheClassicSet_IsASegment(string function)
    {
        var digest = Digest.Parse($"{function}/{Hash}/42");

        Assert.Equal(new BlobResource("a", digest), ResourceNames.ParseRead($"a/blobs/{function}/{Hash}/42"));
        Assert.Equal(new UploadResource("", "6d2c", digest), ResourceNames.ParseWrite($"uploads/6d2c/blobs/{function}/{Hash}/42/file"));
    }

    [Fact]
    public void Rule11_CompressedName_SaysSo()
    {
        Assert.Equal(new BlobResource("main", Digest.Parse($"{Hash}/42"), IsCompressed: true), ResourceNames.ParseRead($"main/compressed-blobs/zstd/{Hash}/42"));
        Assert.Equal(new UploadResource("", "6d2c", Digest.Parse($"{Hash}/42"), IsCompressed: true), ResourceNames.ParseWrite($"uploads/6d2c/compressed-blobs/zstd/{Hash}/42/any/thing"));
    }

    [Theory]
    [InlineData($"compressed-blobs/brotli/{Hash}/42")]
    [InlineData($"main/compressed-blobs/deflate/{Hash}/42")]
    public void Rule14_OtherCompressors_AreUnsupported(string name)
    {
        Assert.Throws<UnsupportedCompressorException>(() => ResourceNames.ParseRead(name));
        Assert.Throws<UnsupportedCompressorException>(() => ResourceNames.ParseWrite($"uploads/6d2c/{name[name.IndexOf("compressed", StringComparison.Ordinal)..]}"));
    }

    [Theory]
    [InlineData("logstreams/0123abcd/stdout")]
    [InlineData("logstreams/0123abcd-4/stderr")]
    public void LogStreamName_ReadAndWrite_AreTheSame(string name)
    {
        Assert.Equal(new LogStreamResource(name), ResourceNames.ParseRead(name));
        Assert.Equal(new LogStreamResource(name), ResourceNames.ParseWrite(name));
    }
}
