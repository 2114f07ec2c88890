using System.Globalization;
using System.Security.Cryptography;
using Build.Bazel.Remote.Execution.V2;
using Google.Bytestream;
using Google.LongRunning;
using Google.Protobuf;
using Grpc.Core;
using Xunit;
using Digest = Build.Bazel.Remote.Execution.V2.Digest;

namespace BuildFarm.Conformance.Reapi.Support;

/// <summary>What the tests of every rule share: clients of the server under test, fresh content, and its way in and out.</summary>
public abstract class RuleTests(ServerUnderTest server)
{
    /// <summary>How long a call may take: reached only by a failure. An execution may wait for its turn behind a build of Bazel's.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    protected ServerUnderTest Server => server;

    /// <summary>What digests are made with: the server's, unless a test names another.</summary>
    protected DigestFunction.Types.Value Function { get; set; } = server.Function;

    protected string Instance => server.Instance;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected ContentAddressableStorage.ContentAddressableStorageClient Cas { get; } = new(server.Invoker);

    protected ActionCache.ActionCacheClient Results { get; } = new(server.Invoker);

    protected ByteStream.ByteStreamClient Streams { get; } = new(server.Invoker);

    protected Execution.ExecutionClient Execution { get; } = new(server.Invoker);

    protected Operations.OperationsClient Operations { get; } = new(server.Invoker);

    public static DateTime Deadline() => TimeProvider.System.GetUtcNow().UtcDateTime + Patience;

    /// <summary>Bytes that no server has seen.</summary>
    protected static byte[] Fresh(int size) => RandomNumberGenerator.GetBytes(size);

    /// <summary>Text that no server has seen.</summary>
    protected static string FreshText() => Convert.ToHexStringLower(Fresh(16));

    protected Digest DigestOf(byte[] content) => new()
    {
        Hash = Convert.ToHexStringLower(Function switch
        {
            DigestFunction.Types.Value.Sha256 => SHA256.HashData(content),
            DigestFunction.Types.Value.Sha384 => SHA384.HashData(content),
            DigestFunction.Types.Value.Sha512 => SHA512.HashData(content),
#pragma warning disable CA5350, CA5351 // The contract has them.
            DigestFunction.Types.Value.Sha1 => SHA1.HashData(content),
            DigestFunction.Types.Value.Md5 => MD5.HashData(content),
#pragma warning restore CA5350, CA5351
            // No library has these; ours passes their published test vectors.
            DigestFunction.Types.Value.Blake3 => HashOf(Digests.DigestFunction.Blake3, content),
            DigestFunction.Types.Value.Sha256Tree => HashOf(Digests.DigestFunction.Sha256Tree, content),
            var other => throw new NotSupportedException($"the suite cannot compute {other}"),
        }),
        SizeBytes = content.Length,
    };

    /// <summary>The name of a blob to read.</summary>
    protected string BlobName(Digest digest) => Named($"blobs/{Spelled(digest)}");

    /// <summary>A fresh name of a blob to write.</summary>
    protected string UploadName(Digest digest) => Named($"uploads/{Guid.NewGuid():D}/blobs/{Spelled(digest)}");

    protected string Named(string resource) => Instance.Length == 0 ? resource : $"{Instance}/{resource}";

    /// <summary>As resource names have it: the function stands there only outside the classic set.</summary>
    protected string Spelled(Digest digest) => string.Create(
        CultureInfo.InvariantCulture, $"{(IsNamed ? $"{Function.ToString().ToLowerInvariant()}/" : "")}{digest.Hash}/{digest.SizeBytes}");

    protected bool IsNamed => Function is DigestFunction.Types.Value.Blake3 or DigestFunction.Types.Value.Sha256Tree;

    /// <summary>Stores content in a batch of one.</summary>
    protected async Task<Digest> StoreAsync(byte[] content)
    {
        var digest = DigestOf(content);
        var request = new BatchUpdateBlobsRequest { InstanceName = Instance, DigestFunction = Function };
        request.Requests.Add(new BatchUpdateBlobsRequest.Types.Request { Digest = digest, Data = ByteString.CopyFrom(content) });
        var response = await Cas.BatchUpdateBlobsAsync(request, deadline: Deadline());
        Assert.Equal(0, response.Responses.Single().Status?.Code ?? 0);
        return digest;
    }

    protected Task<Digest> StoreAsync(IMessage message) => StoreAsync(message.ToByteArray());

    protected async Task<IReadOnlyList<Digest>> FindMissingAsync(params Digest[] digests)
    {
        var request = new FindMissingBlobsRequest { InstanceName = Instance, DigestFunction = Function, BlobDigests = { digests } };
        return (await Cas.FindMissingBlobsAsync(request, deadline: Deadline())).MissingBlobDigests;
    }

    protected async Task<byte[]> ReadAsync(string name, long offset = 0, long limit = 0)
    {
        using var call = Streams.Read(new ReadRequest { ResourceName = name, ReadOffset = offset, ReadLimit = limit }, deadline: Deadline());
        using var content = new MemoryStream();
        while (await call.ResponseStream.MoveNext(Token))
        {
            call.ResponseStream.Current.Data.WriteTo(content);
        }

        return content.ToArray();
    }

    /// <summary>Writes all of the content in pieces, finishing with the last one.</summary>
    protected async Task<WriteResponse> WriteAsync(string name, byte[] content, long offset = 0, int piece = 64 * 1024)
    {
        using var call = Streams.Write(deadline: Deadline());
        try
        {
            var at = 0;
            do
            {
                var next = Math.Min(piece, content.Length - at);
                await call.RequestStream.WriteAsync(new WriteRequest
                {
                    ResourceName = at == 0 ? name : "",
                    WriteOffset = offset + at,
                    Data = ByteString.CopyFrom(content, at, next),
                    FinishWrite = at + next == content.Length,
                });
                at += next;
            }
            while (at < content.Length);
            await call.RequestStream.CompleteAsync();
        }
        catch (RpcException)
        {
            // The server answered before it had everything; the response says what.
        }

        return await call.ResponseAsync;
    }

    private static byte[] HashOf(Digests.DigestFunction function, byte[] content)
    {
        var hash = new byte[function.HashLength];
        function.Hash(content, hash);
        return hash;
    }

    /// <summary>The call fails with one of the codes, and says why in one line.</summary>
    protected static async Task<RpcException> RefusedAsync(Func<Task> call, params StatusCode[] codes)
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(call);
        Assert.Contains(refusal.StatusCode, codes);
        Assert.NotEmpty(refusal.Status.Detail);
        return refusal;
    }
}
