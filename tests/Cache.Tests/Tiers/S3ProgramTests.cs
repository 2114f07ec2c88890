using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Remote;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Digests;
using BuildFarm.EndToEnd.Tests.Support;
using BuildFarm.TestKit;
using BuildFarm.TestKit.S3;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit;

namespace BuildFarm.Cache.Tests.Tiers;

/// <summary>The cache as a process over the tests' S3, with the credentials in its environment.</summary>
public sealed class S3ProgramTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(S3Fake.Secret)]
    [InlineData("quite-another-secret")]
    public async Task Upload_WithTheSecretOfTheEnvironment_IsInTheBucketOrRefusedInOneLine(string secret)
    {
        await using var s3 = await S3Fake.StartAsync();
        using var folder = new TempFolder();
        var address = $"127.0.0.1:{FreePort.Next()}";
        await using var process = FarmProcess.Start(
            "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "BuildFarm.Cache.dll"), "--Listen:Grpc", address, "--Listen:Http", "", "--Cache:Directory", folder.File("cache"),
                "--Cache:Tiers:0:Kind", "memory", "--Cache:Tiers:1:Kind", "disk", "--Cache:Tiers:2:Kind", "s3", "--Cache:Tiers:2:S3:Bucket", S3Fake.Bucket,
                "--Cache:Tiers:2:S3:Endpoint", s3.Endpoint, "--Cache:Tiers:2:S3:Region", S3Fake.Region, "--Cache:Tiers:2:S3:PathStyle", "true",
            ],
            folder.Path,
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["AWS_ACCESS_KEY_ID"] = S3Fake.AccessKey, ["AWS_SECRET_ACCESS_KEY"] = secret });
        using var channel = GrpcChannel.ForAddress($"http://{address}");
        var store = new RemoteBlobStore(channel.CreateCallInvoker());
        var content = TestContent.Of(200_000, seed: 1);

        var problem = await UploadAsync(store, content, process);

        if (secret == S3Fake.Secret)
        {
            Assert.Null(problem);
            Assert.Equal($"blobs/sha256/{Digest.OfBytes(content).HashHex}", Assert.Single(s3.Objects.ByKey).Key);
        }
        else
        {
            Assert.Equal(StatusCode.Unavailable, problem!.StatusCode);
            Assert.Contains($"s3://{S3Fake.Bucket}/", problem.Status.Detail, StringComparison.Ordinal);
            Assert.Contains("Check the credentials", problem.Status.Detail, StringComparison.Ordinal);
            Assert.Empty(s3.Objects.ByKey);
        }

        Assert.DoesNotContain(secret, $"{process.Out}{process.Error}{problem}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Cache:Tiers:1:S3:Bucket: name the bucket", "--Cache:Tiers:0:Kind", "disk", "--Cache:Tiers:1:Kind", "s3")]
    [InlineData("memory alone keeps nothing", "--Cache:Tiers:0:Kind", "memory")]
    [InlineData("without TLS", "--Cache:Tiers:0:Kind", "s3", "--Cache:Tiers:0:S3:Bucket", "b", "--Cache:Tiers:0:S3:Endpoint", "http://10.0.0.1:9000")]
    [InlineData("Cache:Tiers:", "--Cache:Tiers:0:Kind", "disk", "--Cache:Tiers:0:Bukket", "b")]
    public async Task Start_MistakeInTheTiers_IsOneLineAndExits2(string expected, params string[] options)
    {
        using var folder = new TempFolder();
        string[] arguments = ["--Listen:Grpc", "127.0.0.1:0", "--Listen:Http", "", "--Cache:Directory", folder.File("cache"), .. options];

        var (exitCode, _, error) = await ServiceProcess.RunAsync("BuildFarm.Cache.dll", arguments, Token);

        Assert.Equal(2, exitCode);
        Assert.Contains(expected, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    // What the cache says of an upload; repeated until it has started.
    private static async Task<RpcException?> UploadAsync(RemoteBlobStore store, byte[] content, FarmProcess process)
    {
        RpcException? problem = null;
        await Eventually.IsTrueAsync(
            async token =>
            {
                try
                {
                    await store.PutBytesAsync(content, token);
                    problem = null;
                    return true;
                }
                catch (RpcException e)
                {
                    problem = e;
                    return e.Status.Detail.Contains("s3://", StringComparison.Ordinal);
                }
            },
            Token,
            () => $"the cache does not answer: {problem?.Status}\n{process.Error}");
        return problem;
    }
}
