using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore.Remote.Wire;
using BuildFarm.Digests.Trees;
using Google.Bytestream;
using Grpc.Core;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.BlobStore.Remote;

/// <summary>
/// A cache service as a blob store, over REAPI's CAS and ByteStream. Failures of the connection come out as
/// <see cref="RpcException"/>; retries are the channel's. The server verifies what is written; put a
/// <c>VerifyingBlobStore</c> in front for what is read.
/// </summary>
/// <param name="invoker">Of a channel to the cache.</param>
/// <param name="instanceName">REAPI instance; empty for the default one.</param>
public sealed class RemoteBlobStore(CallInvoker invoker, string instanceName = "") : IBatchBlobStore
{
    // 75 bytes each on the wire: well below the customary 4 MiB a message.
    private const int DigestsPerRequest = 20_000;

    private readonly RemoteResourceNames _names = new(instanceName);
    private readonly ContentAddressableStorage.ContentAddressableStorageClient _cas = new(invoker);

    /// <inheritdoc />
    public async ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken)
    {
        if (digest.IsEmptyBlob)
        {
            return MemoryBlobReader.Empty;
        }

        var reader = new RemoteBlobReader(digest.SizeBytes, offset => Read(digest, offset));
        try
        {
            // The first message tells whether the blob is there.
            await reader.StartAsync(cancellationToken);
            return reader;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            await reader.DisposeAsync();
            return null;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<BlobWriter>(digest.IsEmptyBlob
            ? new PresentBlobWriter(digest)
            : new RemoteBlobWriter(digest, _names.OfUpload(digest), invoker));
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken)
    {
        var missing = new List<Digest>();
        foreach (var ofFunction in digests.Where(digest => !digest.IsEmptyBlob).Distinct().GroupBy(digest => digest.Function))
        {
            foreach (var part in ofFunction.Chunk(DigestsPerRequest))
            {
                var request = new FindMissingBlobsRequest { InstanceName = instanceName, DigestFunction = ofFunction.Key.ToProto() };
                request.BlobDigests.AddRange(part.Select(digest => digest.ToProto()));
                var response = await _cas.FindMissingBlobsAsync(request, cancellationToken: cancellationToken);
                missing.AddRange(response.MissingBlobDigests.Select(digest => digest.ToDigest("missing_blob_digests", ofFunction.Key)));
            }
        }

        return missing;
    }

    /// <inheritdoc />
    public ValueTask<BlobStoreException?[]> PutManyAsync(IReadOnlyList<BlobContent> blobs, CancellationToken cancellationToken) =>
        new RemoteBatches(this, _cas, instanceName).PutAsync(blobs, cancellationToken);

    /// <inheritdoc />
    public ValueTask<BlobAnswer[]> GetManyAsync(IReadOnlyList<Digest> digests, CancellationToken cancellationToken) =>
        new RemoteBatches(this, _cas, instanceName).GetAsync(digests, cancellationToken);

    private AsyncServerStreamingCall<ReadChunk> Read(Digest digest, long offset) =>
        invoker.AsyncServerStreamingCall(
            ByteStreamMethods.Read, null, new CallOptions(), new ReadRequest { ResourceName = _names.OfBlob(digest), ReadOffset = offset });
}
