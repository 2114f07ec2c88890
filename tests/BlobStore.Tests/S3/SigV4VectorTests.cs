using System.Text;
using BuildFarm.TestKit.S3;
using Xunit;

namespace BuildFarm.BlobStore.Tests.S3;

/// <summary>
/// The tests' judge of signatures against the values that AWS publishes: the Signature Version 4 test suite, and the examples of
/// the S3 API reference ("Authenticating Requests"), chunked and trailing ones included.
/// </summary>
public sealed class SigV4VectorTests
{
    private const string SuiteSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    private const string SuiteScope = "20150830/us-east-1/service/aws4_request";
    private const string S3Scope = "20130524/us-east-1/s3/aws4_request";
    private const string S3Time = "20130524T000000Z";
    private const string Unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly byte[] S3Key = SigV4.SigningKey(S3Fake.Secret, S3Scope);

    [Theory]
    [InlineData("get-vanilla", "GET", "/", "", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("get-unreserved", "GET", "/" + Unreserved, "", "", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f")]
    [InlineData("get-utf8", "GET", "/ሴ", "", "", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85")]
    [InlineData("get-vanilla-empty-query-key", "GET", "/", "Param1=value1", "", "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb")]
    [InlineData("get-vanilla-query-order-key-case", "GET", "/", "Param2=value2&Param1=value1", "", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")]
    [InlineData("get-vanilla-query-unreserved", "GET", "/", Unreserved + "=" + Unreserved, "", "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197")]
    [InlineData("get-vanilla-utf8-query", "GET", "/", "ሴ=bar", "", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04")]
    [InlineData("get-header-key-duplicate", "GET", "/", "", "My-Header1:value2|My-Header1:value2|My-Header1:value1", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea")]
    [InlineData("get-header-value-order", "GET", "/", "", "My-Header1:value4|My-Header1:value1|My-Header1:value3|My-Header1:value2", "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01")]
    [InlineData("get-header-value-trim", "GET", "/", "", "My-Header1: value1|My-Header2: \"a   b   c\"", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736")]
    [InlineData("post-vanilla", "POST", "/", "", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")]
    [InlineData("post-header-key-sort", "POST", "/", "", "My-Header1:value1", "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c")]
    [InlineData("post-header-value-case", "POST", "/", "", "My-Header1:VALUE1", "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d")]
    [InlineData("post-vanilla-query", "POST", "/", "Param1=value1", "", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11")]
    public void TestSuite_Case_HasItsSignature(string name, string method, string path, string query, string headers, string expected)
    {
        var signed = headers.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(header => header.Split(':', 2)).Select(pair => KeyValuePair.Create(pair[0], pair[1]));

        var canonical = SigV4.CanonicalRequest(
            method, path, query, [KeyValuePair.Create("Host", "example.amazonaws.com"), KeyValuePair.Create("X-Amz-Date", "20150830T123600Z"), .. signed], SigV4.EmptyHash);

        Assert.True(expected == SigV4.Sign(SigV4.SigningKey(SuiteSecret, SuiteScope), SigV4.StringToSign(canonical, "20150830T123600Z", SuiteScope)), $"{name}: {canonical}");
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a")]
    [InlineData("application/x-www-form-urlencoded; charset=utf8", "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe")]
    public void TestSuite_FormOfOneParameter_HasItsSignature(string contentType, string expected)
    {
        var canonical = SigV4.CanonicalRequest(
            "POST", "/", "",
            [KeyValuePair.Create("Content-Type", contentType), KeyValuePair.Create("Host", "example.amazonaws.com"), KeyValuePair.Create("X-Amz-Date", "20150830T123600Z")],
            SigV4.HashHex("Param1=value1"u8));

        Assert.Equal(expected, SigV4.Sign(SigV4.SigningKey(SuiteSecret, SuiteScope), SigV4.StringToSign(canonical, "20150830T123600Z", SuiteScope)));
    }

    [Fact]
    public void S3Reference_GetObject_HasItsSignature()
    {
        Assert.Equal(
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            SignS3("GET", "/test.txt", "", "examplebucket.s3.amazonaws.com", SigV4.EmptyHash, ("Range", "bytes=0-9")));
    }

    [Fact]
    public void S3Reference_PutObject_HasItsSignature()
    {
        Assert.Equal(
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            SignS3(
                "PUT", "/test$file.text", "", "examplebucket.s3.amazonaws.com", SigV4.HashHex("Welcome to Amazon S3."u8),
                ("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")));
    }

    [Theory]
    [InlineData("lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")]
    [InlineData("max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")]
    public void S3Reference_GetOfTheBucket_HasItsSignature(string query, string expected)
    {
        Assert.Equal(expected, SignS3("GET", "/", query, "examplebucket.s3.amazonaws.com", SigV4.EmptyHash));
    }

    [Fact]
    public void S3Reference_ChunkedUpload_HasItsSeedAndChunkSignatures()
    {
        const string payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
        var seed = SignS3(
            "PUT", "/examplebucket/chunkObject.txt", "", "s3.amazonaws.com", payload,
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"), ("Content-Encoding", "aws-chunked"), ("x-amz-decoded-content-length", "66560"), ("Content-Length", "66824"));

        Assert.Equal("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9", seed);
        Assert.Equal(
            [
                "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
                "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
                "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
            ],
            SignChunks(seed));
    }

    [Fact]
    public void S3Reference_ChunkedUploadWithTrailer_HasItsSignatures()
    {
        var seed = SignS3(
            "PUT", "/examplebucket/chunkObject.txt", "", "s3.amazonaws.com", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"), ("Content-Encoding", "aws-chunked"), ("x-amz-decoded-content-length", "66560"), ("x-amz-trailer", "x-amz-checksum-crc32c"));
        var chunks = SignChunks(seed);

        Assert.Equal("106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e", seed);
        Assert.Equal(
            [
                "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
                "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
                "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
            ],
            chunks);
        Assert.Equal("sOO8/Q==", Checksums.Of("x-amz-checksum-crc32c", Letters(66560)));
        Assert.Equal(
            "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435",
            SigV4.Sign(S3Key, SigV4.TrailerStringToSign(S3Time, S3Scope, chunks[^1], "x-amz-checksum-crc32c:sOO8/Q==\n")));
    }

    private static string SignS3(string method, string path, string query, string host, string payload, params (string Name, string Value)[] headers)
    {
        IEnumerable<KeyValuePair<string, string>> signed =
        [
            KeyValuePair.Create("Host", host), KeyValuePair.Create("x-amz-date", S3Time), KeyValuePair.Create("x-amz-content-sha256", payload),
            .. headers.Select(header => KeyValuePair.Create(header.Name, header.Value)),
        ];
        return SigV4.Sign(S3Key, SigV4.StringToSign(SigV4.CanonicalRequest(method, path, query, signed, payload), S3Time, S3Scope));
    }

    private static List<string> SignChunks(string seed)
    {
        var signatures = new List<string>();
        foreach (var length in (int[])[65536, 1024, 0])
        {
            var previous = signatures.Count == 0 ? seed : signatures[^1];
            signatures.Add(SigV4.Sign(S3Key, SigV4.ChunkStringToSign(S3Time, S3Scope, previous, Letters(length))));
        }

        return signatures;
    }

    private static byte[] Letters(int count) => Encoding.ASCII.GetBytes(new string('a', count));
}
