using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.Cache.Chunks;
using BuildFarm.Cache.Compression;
using BuildFarm.Hosting.Compression;
using BuildFarm.Digests.Trees;
using Google.Protobuf;
using Grpc.Core;
using Digest = BuildFarm.Digests.Digest;
using DigestFunction = BuildFarm.Digests.DigestFunction;

namespace BuildFarm.Cache.Cas;

/// <summary>REAPI's CAS: existence, small blobs in batches, trees, and chunks. Large blobs travel by ByteStream.</summary>
internal sealed class ContentAddressableStorageService(IBlobStore blobs, TreeReader trees, BlobSplitter splitter) : ContentAddressableStorageQueries
{
    private const int WorthCompressing = 1024;

    public override async Task<FindMissingBlobsResponse> FindMissingBlobs(FindMissingQuery request, ServerCallContext context)
    {
        using var query = request;
        var missing = await blobs.FindMissingAsync(query.Read(), context.CancellationToken);
        var response = new FindMissingBlobsResponse();
        // Who asks twice is told once.
        response.MissingBlobDigests.AddRange((missing.Count > 1 ? missing.Distinct() : missing).Select(digest => digest.ToProto()));
        return response;
    }

    public override async Task<BatchUpdateBlobsResponse> BatchUpdateBlobs(BatchUpdateBlobsRequest request, ServerCallContext context)
    {
        var function = RequestChecks.Check(request.InstanceName, request.DigestFunction);
        CheckTotal(request.Requests.Sum(item => (long)item.Data.Length));
        var statuses = new Google.Rpc.Status[request.Requests.Count];
        var (places, contents) = (new List<int>(statuses.Length), new List<BlobContent>(statuses.Length));
        for (var i = 0; i < statuses.Length; i++)
        {
            var item = request.Requests[i];
            if (item.Compressor != Compressor.Types.Value.Identity)
            {
                statuses[i] = await UnpackAsync(item, function, context.CancellationToken);
            }
            else if (TryReadDigest(item.Digest, function, out var digest, out statuses[i]))
            {
                places.Add(i);
                contents.Add(new BlobContent(digest, item.Data.Memory));
            }
        }

        var refusals = await blobs.PutManyAsync(contents, context.CancellationToken);
        for (var i = 0; i < refusals.Length; i++)
        {
            statuses[places[i]] = refusals[i] is { } refusal ? StatusOf(refusal) : new Google.Rpc.Status();
        }

        var response = new BatchUpdateBlobsResponse();
        response.Responses.AddRange(request.Requests.Select((item, i) => new BatchUpdateBlobsResponse.Types.Response { Digest = item.Digest, Status = statuses[i] }));
        return response;
    }

    public override async Task<BatchReadBlobsResponse> BatchReadBlobs(BatchReadBlobsRequest request, ServerCallContext context)
    {
        var function = RequestChecks.Check(request.InstanceName, request.DigestFunction);
        var digests = request.Digests.Select(digest => digest.ToDigest("digests", function)).ToList();
        CheckTotal(digests.Aggregate(0L, (total, digest) => total > Limits.BatchBytes ? total : total + Math.Min(digest.SizeBytes, Limits.BatchBytes + 1L)));
        var takesZstd = LibZstd.IsHere && request.AcceptableCompressors.Contains(Compressor.Types.Value.Zstd);
        var answers = await blobs.GetManyAsync(digests, context.CancellationToken);
        var response = new BatchReadBlobsResponse();
        response.Responses.AddRange(answers.Select((answer, i) => Respond(answer, digests[i], request.Digests[i], takesZstd)));
        return response;
    }

    public override async Task GetTree(GetTreeRequest request, IServerStreamWriter<GetTreeResponse> responseStream, ServerCallContext context)
    {
        var function = RequestChecks.Check(request.InstanceName, request.DigestFunction);
        var root = request.RootDigest.ToDigest("root_digest", function);
        await foreach (var page in trees.ReadAsync(root, request.PageSize, request.PageToken, context.CancellationToken))
        {
            await responseStream.WriteAsync(page);
        }
    }

    public override async Task<SplitBlobResponse> SplitBlob(SplitBlobRequest request, ServerCallContext context)
    {
        var function = RequestChecks.Check(request.InstanceName, request.DigestFunction);

        // Without a preference, or with one that it does not know, it chooses and says so.
        var chunking = request.ChunkingFunction == ChunkingFunction.Types.Value.RepMaxCdc ? ChunkingFunction.Types.Value.RepMaxCdc : ChunkingFunction.Types.Value.FastCdc2020;
        var chunks = await splitter.SplitAsync(request.BlobDigest.ToDigest("blob_digest", function), chunking, context.CancellationToken);
        return new SplitBlobResponse
        {
            ChunkingFunction = chunking,
            ChunkDigests = { chunks.Select(static chunk => chunk.ToProto()) },
        };
    }

    public override async Task<SpliceBlobResponse> SpliceBlob(SpliceBlobRequest request, ServerCallContext context)
    {
        var function = RequestChecks.Check(request.InstanceName, request.DigestFunction);
        var digest = request.BlobDigest.ToDigest("blob_digest", function);
        await splitter.SpliceAsync(digest, [.. request.ChunkDigests.Select(chunk => chunk.ToDigest("chunk_digests", digest.Function))], context.CancellationToken);
        return new SpliceBlobResponse { BlobDigest = digest.ToProto() };
    }

    private static void CheckTotal(long bytes)
    {
        if (bytes > Limits.BatchBytes)
        {
            throw RequestChecks.Invalid($"The batch has more than {Limits.BatchBytes} bytes of content; send less at a time, or use ByteStream.");
        }
    }

    private static bool TryReadDigest(Build.Bazel.Remote.Execution.V2.Digest named, DigestFunction? function, out Digest digest, out Google.Rpc.Status problem)
    {
        (digest, problem) = (default, new Google.Rpc.Status());
        try
        {
            digest = named.ToDigest("digest", function);
            return true;
        }
        catch (BuildFarm.Digests.DigestFormatException e)
        {
            problem = StatusOf(e);
            return false;
        }
    }

    private static Google.Rpc.Status StatusOf(Exception refusal)
    {
        var status = RpcErrors.StatusOf(refusal) ?? new Status(StatusCode.Internal, refusal.Message);
        return new Google.Rpc.Status { Code = (int)status.StatusCode, Message = status.Detail };
    }

    private async ValueTask<Google.Rpc.Status> UnpackAsync(
        BatchUpdateBlobsRequest.Types.Request item, DigestFunction? function, CancellationToken cancellationToken)
    {
        try
        {
            var digest = item.Digest.ToDigest("digest", function);
            if (item.Compressor != Compressor.Types.Value.Zstd || !LibZstd.IsHere)
            {
                return new Google.Rpc.Status { Code = (int)StatusCode.InvalidArgument, Message = $"The compressor {item.Compressor} is not in the server's capabilities; send the blob as it is." };
            }

            await using var writer = new ZstdBlobWriter(await blobs.CreateAsync(digest, cancellationToken));
            await writer.WriteAsync(item.Data.Memory, cancellationToken);
            await writer.CommitAsync(cancellationToken);
            return new Google.Rpc.Status();
        }
        catch (Exception e) when (RpcErrors.StatusOf(e) is not null)
        {
            return StatusOf(e);
        }
    }

    private static BatchReadBlobsResponse.Types.Response Respond(
        in BlobAnswer answer, Digest digest, Build.Bazel.Remote.Execution.V2.Digest named, bool takesZstd)
    {
        var response = new BatchReadBlobsResponse.Types.Response { Digest = named };
        if (answer.Content is not { } content)
        {
            response.Status = answer.Failure is { } failure ? StatusOf(failure)
                : new Google.Rpc.Status { Code = (int)StatusCode.NotFound, Message = $"Blob {digest} is not in the cache." };
            return response;
        }

        response.Status = new Google.Rpc.Status();
        var frame = takesZstd && content.Length >= WorthCompressing ? ZstdEncoder.TryCompress(content.Span) : null;
        response.Data = UnsafeByteOperations.UnsafeWrap(frame ?? content);
        response.Compressor = frame is null ? Compressor.Types.Value.Identity : Compressor.Types.Value.Zstd;
        return response;
    }
}
