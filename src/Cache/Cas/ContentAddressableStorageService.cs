using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.Cache.Compression;
using BuildFarm.Digests.Trees;
using Google.Protobuf;
using Grpc.Core;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.Cache.Cas;

/// <summary>REAPI's CAS: existence, small blobs in batches, and trees. Large blobs travel by ByteStream.</summary>
internal sealed class ContentAddressableStorageService(IBlobStore blobs, TreeReader trees) : ContentAddressableStorage.ContentAddressableStorageBase
{
    private const int WorthCompressing = 1024;

    public override async Task<FindMissingBlobsResponse> FindMissingBlobs(FindMissingBlobsRequest request, ServerCallContext context)
    {
        RequestChecks.Check(request.InstanceName, request.DigestFunction);
        var asked = new HashSet<Digest>(request.BlobDigests.Count);
        foreach (var digest in request.BlobDigests)
        {
            asked.Add(digest.ToDigest("blob_digests"));
        }

        var missing = await blobs.FindMissingAsync(asked, context.CancellationToken);
        var response = new FindMissingBlobsResponse();
        response.MissingBlobDigests.AddRange(missing.Select(digest => digest.ToProto()));
        return response;
    }

    public override async Task<BatchUpdateBlobsResponse> BatchUpdateBlobs(BatchUpdateBlobsRequest request, ServerCallContext context)
    {
        RequestChecks.Check(request.InstanceName, request.DigestFunction);
        CheckTotal(request.Requests.Sum(item => (long)item.Data.Length));
        var response = new BatchUpdateBlobsResponse();
        foreach (var item in request.Requests)
        {
            var status = await StoreAsync(item, context.CancellationToken);
            response.Responses.Add(new BatchUpdateBlobsResponse.Types.Response { Digest = item.Digest, Status = status });
        }

        return response;
    }

    public override async Task<BatchReadBlobsResponse> BatchReadBlobs(BatchReadBlobsRequest request, ServerCallContext context)
    {
        RequestChecks.Check(request.InstanceName, request.DigestFunction);
        var digests = request.Digests.Select(digest => digest.ToDigest("digests")).ToList();
        CheckTotal(digests.Aggregate(0L, (total, digest) => total > Limits.BatchBytes ? total : total + Math.Min(digest.SizeBytes, Limits.BatchBytes + 1L)));
        var takesZstd = LibZstd.IsHere && request.AcceptableCompressors.Contains(Compressor.Types.Value.Zstd);
        var response = new BatchReadBlobsResponse();
        foreach (var digest in digests)
        {
            response.Responses.Add(await ReadAsync(digest, takesZstd, context.CancellationToken));
        }

        return response;
    }

    public override async Task GetTree(GetTreeRequest request, IServerStreamWriter<GetTreeResponse> responseStream, ServerCallContext context)
    {
        RequestChecks.Check(request.InstanceName, request.DigestFunction);
        var root = request.RootDigest.ToDigest("root_digest");
        await foreach (var page in trees.ReadAsync(root, request.PageSize, request.PageToken, context.CancellationToken))
        {
            await responseStream.WriteAsync(page);
        }
    }

    private static void CheckTotal(long bytes)
    {
        if (bytes > Limits.BatchBytes)
        {
            throw RequestChecks.Invalid($"The batch has more than {Limits.BatchBytes} bytes of content; send less at a time, or use ByteStream.");
        }
    }

    private async ValueTask<Google.Rpc.Status> StoreAsync(BatchUpdateBlobsRequest.Types.Request item, CancellationToken cancellationToken)
    {
        try
        {
            var digest = item.Digest.ToDigest("digest");
            var isZstd = item.Compressor == Compressor.Types.Value.Zstd && LibZstd.IsHere;
            if (!isZstd && item.Compressor != Compressor.Types.Value.Identity)
            {
                return new Google.Rpc.Status { Code = (int)StatusCode.InvalidArgument, Message = $"The compressor {item.Compressor} is not in the server's capabilities; send the blob as it is." };
            }

            var plain = await blobs.CreateAsync(digest, cancellationToken);
            await using var writer = isZstd ? new ZstdBlobWriter(plain) : plain;
            await writer.WriteAsync(item.Data.Memory, cancellationToken);
            await writer.CommitAsync(cancellationToken);
            return new Google.Rpc.Status();
        }
        catch (Exception e) when (RpcErrors.StatusOf(e) is { } status)
        {
            return new Google.Rpc.Status { Code = (int)status.StatusCode, Message = status.Detail };
        }
    }

    private async ValueTask<BatchReadBlobsResponse.Types.Response> ReadAsync(Digest digest, bool takesZstd, CancellationToken cancellationToken)
    {
        var response = new BatchReadBlobsResponse.Types.Response { Digest = digest.ToProto(), Status = new Google.Rpc.Status() };
        try
        {
            var content = await blobs.ReadAllBytesAsync(digest, Limits.BatchBytes, cancellationToken);
            if (content is null)
            {
                response.Status = new Google.Rpc.Status { Code = (int)StatusCode.NotFound, Message = $"Blob {digest} is not in the cache." };
            }
            else if (takesZstd && content.Length >= WorthCompressing && ZstdEncoder.TryCompress(content) is { } frame)
            {
                response.Data = UnsafeByteOperations.UnsafeWrap(frame);
                response.Compressor = Compressor.Types.Value.Zstd;
            }
            else
            {
                response.Data = UnsafeByteOperations.UnsafeWrap(content);
            }
        }
        catch (Exception e) when (RpcErrors.StatusOf(e) is { } status)
        {
            response.Status = new Google.Rpc.Status { Code = (int)status.StatusCode, Message = status.Detail };
        }

        return response;
    }
}
