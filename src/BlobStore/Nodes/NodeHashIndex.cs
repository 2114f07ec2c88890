using BuildFarm.BlobStore.Remote;
using BuildFarm.Digests;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Grpc.Core;

namespace BuildFarm.BlobStore.Nodes;

/// <summary>The blobs of one node, found by their hash alone too.</summary>
/// <param name="inner">The node's.</param>
/// <param name="invoker">Of a channel to it.</param>
/// <param name="key">The secret that the node knows its front by.</param>
internal sealed class NodeHashIndex(IBlobStore inner, CallInvoker invoker, string key) : IBatchBlobStore, IHashIndex
{
    private readonly V1.CacheNode.CacheNodeClient _node = new(invoker);
    private readonly Metadata _headers = new() { { RemoteActionCache.KeyHeader, key } };

    /// <inheritdoc />
    public ValueTask<BlobReader?> OpenAsync(Digest digest, CancellationToken cancellationToken) => inner.OpenAsync(digest, cancellationToken);

    /// <inheritdoc />
    public ValueTask<BlobWriter> CreateAsync(Digest digest, CancellationToken cancellationToken) => inner.CreateAsync(digest, cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> digests, CancellationToken cancellationToken) =>
        inner.FindMissingAsync(digests, cancellationToken);

    /// <inheritdoc />
    public ValueTask<BlobStoreException?[]> PutManyAsync(IReadOnlyList<BlobContent> blobs, CancellationToken cancellationToken) =>
        inner.PutManyAsync(blobs, cancellationToken);

    /// <inheritdoc />
    public ValueTask<BlobAnswer[]> GetManyAsync(IReadOnlyList<Digest> digests, CancellationToken cancellationToken) =>
        inner.GetManyAsync(digests, cancellationToken);

    /// <inheritdoc />
    /// <exception cref="RpcException">The node does not answer, or refuses.</exception>
    public async ValueTask<Digest?> FindByHashAsync(Digest named, CancellationToken cancellationToken)
    {
        try
        {
            var request = new FindBlobRequest { Hash = named.HashHex, DigestFunction = named.Function.ToProto() };
            var found = await _node.FindBlobAsync(request, _headers, cancellationToken: cancellationToken);
            return named.WithSize(found.SizeBytes);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }
}
