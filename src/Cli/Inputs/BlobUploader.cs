using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Cli.Connection;
using BuildFarm.Digests.Trees;
using Google.Bytestream;
using Google.Protobuf;
using Grpc.Core;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.Cli.Inputs;

/// <summary>What an upload did.</summary>
/// <param name="Blobs">Blobs that the trees have, files and directories.</param>
/// <param name="SentBlobs">Those that the farm did not have.</param>
/// <param name="SentBytes">Their bytes.</param>
public readonly record struct UploadReport(int Blobs, int SentBlobs, long SentBytes)
{
    /// <summary>For the first line of a run.</summary>
    public string Text => SentBlobs == 0 ? "nothing to send" : $"sent {SentBlobs} of {Blobs} blobs, {Output.Durations.Bytes(SentBytes)}";
}

/// <summary>Sends the blobs of input trees that the farm does not have: small ones in batches, large ones as streams.</summary>
public sealed class BlobUploader(FarmConnection farm)
{
    // REAPI servers take messages of up to 4 MiB; the rest is room for digests and framing.
    private const long BatchBytes = 3 * 1024 * 1024;
    private const int BatchBlobs = 1000;
    private const int QueryDigests = 10_000;
    private const long StreamFrom = 1024 * 1024;
    private const int ChunkBytes = 128 * 1024;
    private const int Parallel = 4;

    /// <summary>Sends what is missing of all trees.</summary>
    /// <exception cref="FarmException">A file has changed meanwhile or cannot be read, or the farm refuses it.</exception>
    public async Task<UploadReport> SendAsync(IEnumerable<InputTree> trees, CancellationToken cancellationToken)
    {
        var sources = new Dictionary<Digest, BlobSource>();
        foreach (var tree in trees)
        {
            foreach (var (digest, directory) in tree.Tree.Directories)
            {
                sources.TryAdd(digest, new BlobSource(digest, directory.Bytes, null));
            }

            foreach (var (digest, content) in tree.Contents)
            {
                sources.TryAdd(digest, new BlobSource(digest, content, null));
            }

            foreach (var (digest, path) in tree.Files)
            {
                sources.TryAdd(digest, new BlobSource(digest, default, path));
            }
        }

        sources.Remove(Digest.Empty);
        try
        {
            var missing = await FindMissingAsync(sources, cancellationToken);
            if (missing.Count > 0)
            {
                await SendAsync(missing, cancellationToken);
            }

            return new UploadReport(sources.Count, missing.Count, missing.Sum(source => source.Digest.SizeBytes));
        }
        catch (RpcException error)
        {
            throw error.ToFarmException(farm.Address, "sending the input");
        }
    }

    private async Task<List<BlobSource>> FindMissingAsync(Dictionary<Digest, BlobSource> sources, CancellationToken cancellationToken)
    {
        var missing = new List<BlobSource>();
        foreach (var part in sources.Keys.Chunk(QueryDigests))
        {
            var request = new FindMissingBlobsRequest();
            request.BlobDigests.AddRange(part.Select(digest => digest.ToProto()));
            var answer = await farm.Blobs.FindMissingBlobsAsync(request, cancellationToken: cancellationToken);
            missing.AddRange(answer.MissingBlobDigests.Select(digest => sources[digest.ToDigest("FindMissingBlobs")]));
        }

        return missing;
    }

    private async Task SendAsync(List<BlobSource> missing, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellationToken };
        await System.Threading.Tasks.Parallel.ForEachAsync(Work(missing), options, async (part, token) =>
        {
            if (part.Count == 1 && part[0].Digest.SizeBytes >= StreamFrom)
            {
                await StreamAsync(part[0], token);
            }
            else
            {
                await BatchAsync(part, token);
            }
        });
    }

    // Large blobs first: a long stream that starts last is what everybody waits for.
    private static IEnumerable<IReadOnlyList<BlobSource>> Work(List<BlobSource> missing)
    {
        foreach (var large in missing.Where(source => source.Digest.SizeBytes >= StreamFrom))
        {
            yield return [large];
        }

        var batch = new List<BlobSource>();
        var bytes = 0L;
        foreach (var small in missing.Where(source => source.Digest.SizeBytes < StreamFrom))
        {
            if (batch.Count > 0 && (bytes + small.Digest.SizeBytes > BatchBytes || batch.Count == BatchBlobs))
            {
                yield return batch;
                batch = [];
                bytes = 0;
            }

            batch.Add(small);
            bytes += small.Digest.SizeBytes;
        }

        if (batch.Count > 0)
        {
            yield return batch;
        }
    }

    private async Task BatchAsync(IReadOnlyList<BlobSource> sources, CancellationToken cancellationToken)
    {
        var request = new BatchUpdateBlobsRequest();
        foreach (var source in sources)
        {
            var bytes = source.File is null ? source.Bytes : await source.ReadAllAsync(cancellationToken);
            request.Requests.Add(new BatchUpdateBlobsRequest.Types.Request
            {
                Digest = source.Digest.ToProto(),
                Data = UnsafeByteOperations.UnsafeWrap(bytes),
            });
        }

        var answer = await farm.Blobs.BatchUpdateBlobsAsync(request, cancellationToken: cancellationToken);
        foreach (var (response, source) in answer.Responses.Zip(sources))
        {
            if (response.Status is { Code: not 0 } status)
            {
                throw Refused(source, (StatusCode)status.Code, status.Message);
            }
        }
    }

    private async Task StreamAsync(BlobSource source, CancellationToken cancellationToken)
    {
        await using var file = source.Open();
        using var call = farm.Bytes.Write(cancellationToken: cancellationToken);
        var name = BlobNames.Write(source.Digest.ToProto());
        var offset = 0L;
        try
        {
            while (offset < source.Digest.SizeBytes)
            {
                // A message keeps its bytes until it is sent, so each has a buffer of its own.
                var buffer = new byte[Math.Min(ChunkBytes, source.Digest.SizeBytes - offset)];
                var read = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
                if (read < buffer.Length)
                {
                    throw source.Changed();
                }

                await call.RequestStream.WriteAsync(
                    new WriteRequest
                    {
                        ResourceName = offset == 0 ? name : string.Empty,
                        WriteOffset = offset,
                        Data = UnsafeByteOperations.UnsafeWrap(buffer),
                        FinishWrite = offset + read == source.Digest.SizeBytes,
                    },
                    cancellationToken);
                offset += read;
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (Exception error) when (error is RpcException or InvalidOperationException && !cancellationToken.IsCancellationRequested)
        {
            // The farm has ended the call: it has the blob already, or says why not in its answer.
        }

        try
        {
            await call.ResponseAsync;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.InvalidArgument)
        {
            throw Refused(source, error.StatusCode, error.Status.Detail);
        }
    }

    private static FarmException Refused(BlobSource source, StatusCode code, string message) => code == StatusCode.InvalidArgument && source.File is not null
        ? source.Changed()
        : FarmException.Infrastructure($"The farm does not take {source.File ?? "a directory"} ({code}): {message}");
}
