using System.Buffers;
using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using Grpc.Core;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.Cache.Chunks;

/// <summary>
/// Splits blobs into chunks that are blobs themselves, and puts chunks together. Chunks are stored beside the blob; which make it is kept in
/// memory alone, and found again by reading the blob.
/// </summary>
internal sealed class BlobSplitter(IBlobStore blobs) : IDisposable
{
    /// <summary>What the contract recommends for FastCDC, in bytes.</summary>
    public const int AverageChunkBytes = 512 << 10;

    /// <summary>What it recommends for RepMaxCDC.</summary>
    public const int SmallestChunkBytes = 256 << 10;

    /// <summary>As far behind the smallest chunk it looks there.</summary>
    public const int HorizonBytes = 8 * SmallestChunkBytes;

    // What is remembered has 10 MB at most.
    private const int KnownSplits = 200;
    private const int MostKnownChunks = 512;
    private const int AtOnce = 4;

    // Each holds twice what a cutter looks at: 5 MB.
    private readonly SemaphoreSlim _gate = new(AtOnce);
    private readonly FastCdc2020 _fast = new(AverageChunkBytes);
    private readonly GenerationalMap<(Digest Blob, ChunkingFunction.Types.Value Function), Digest[]> _known = new(KnownSplits);

    public void Dispose() => _gate.Dispose();

    /// <summary>The chunks of a blob by one of the contract's functions, all of them in the store. A small blob is its own only one.</summary>
    /// <exception cref="RpcException">NOT_FOUND: the store does not have the blob.</exception>
    /// <exception cref="BlobStoreException">There is no room, or the blob is damaged.</exception>
    public async Task<IReadOnlyList<Digest>> SplitAsync(Digest digest, ChunkingFunction.Types.Value function, CancellationToken cancellationToken)
    {
        // Looking renews the blob's life, whether its chunks are known or not.
        if ((await blobs.FindMissingAsync([digest], cancellationToken)).Count > 0)
        {
            throw NotFound(digest);
        }

        IChunkCutter cutter = function == ChunkingFunction.Types.Value.RepMaxCdc ? new RepMaxCdc(SmallestChunkBytes, HorizonBytes) : _fast;
        if (digest.SizeBytes < cutter.CutsFrom)
        {
            return [digest];
        }

        if (_known.TryGet((digest, function), out var known) && (await blobs.FindMissingAsync(known, cancellationToken)).Count == 0)
        {
            return known;
        }

        await _gate.WaitAsync(cancellationToken);
        try
        {
            await using var reader = await blobs.OpenAsync(digest, cancellationToken) ?? throw NotFound(digest);
            var chunks = await CutAsync(digest, reader, cutter, cancellationToken);
            if (chunks.Length <= MostKnownChunks)
            {
                _known.Set((digest, function), chunks);
            }

            return chunks;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Makes a blob of chunks, unless it is there. What is stored has been verified.</summary>
    /// <exception cref="RpcException">NOT_FOUND: a chunk is missing; INVALID_ARGUMENT: the chunks are not as long as the blob.</exception>
    /// <exception cref="BlobStoreException">There is no room, or the chunks do not make the blob.</exception>
    public async Task SpliceAsync(Digest digest, IReadOnlyList<Digest> chunks, CancellationToken cancellationToken)
    {
        CheckLength(digest, chunks);

        // Looking renews the chunks' lives, also where the blob is there already.
        var missing = await blobs.FindMissingAsync(chunks, cancellationToken);
        if ((await blobs.FindMissingAsync([digest], cancellationToken)).Count == 0)
        {
            return;
        }

        if (missing.Count > 0)
        {
            throw NotFound(missing[0]);
        }

        await _gate.WaitAsync(cancellationToken);
        try
        {
            await using var writer = await blobs.CreateAsync(digest, cancellationToken);
            foreach (var chunk in chunks)
            {
                await using var reader = await blobs.OpenAsync(chunk, cancellationToken) ?? throw NotFound(chunk);
                await reader.CopyToAsync(writer, cancellationToken);
            }

            await writer.CommitAsync(cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    private static void CheckLength(Digest digest, IReadOnlyList<Digest> chunks)
    {
        var left = digest.SizeBytes;
        foreach (var chunk in chunks)
        {
            left = chunk.SizeBytes > left ? -1 : left - chunk.SizeBytes;
            if (left < 0)
            {
                break;
            }
        }

        if (left != 0)
        {
            throw RequestChecks.Invalid($"The {chunks.Count} chunks have {(left < 0 ? "more" : "fewer")} than the {digest.SizeBytes} bytes of blob {digest}.");
        }
    }

    private async Task<Digest[]> CutAsync(Digest digest, BlobReader reader, IChunkCutter cutter, CancellationToken cancellationToken)
    {
        var chunks = new List<Digest>();
        var capacity = 2 * cutter.LooksAhead;
        var buffer = ArrayPool<byte>.Shared.Rent(capacity);
        try
        {
            var (start, end, read) = (0, 0, 0L);
            while (read < digest.SizeBytes || start < end)
            {
                if (end - start < cutter.LooksAhead && read < digest.SizeBytes)
                {
                    buffer.AsSpan(start, end - start).CopyTo(buffer);
                    (start, end) = (0, end - start);
                    var more = await reader.ReadAsync(read, buffer.AsMemory(end, capacity - end), cancellationToken);
                    read += more > 0 ? more : throw new EndOfStreamException($"Blob {digest} ended after {read} bytes.");
                    end += more;
                    continue;
                }

                var length = cutter.Cut(buffer.AsSpan(start, end - start));
                chunks.Add(await blobs.PutBytesAsync(buffer.AsMemory(start, length), digest.Function, cancellationToken));
                start += length;
            }

            return [.. chunks];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static RpcException NotFound(Digest digest) => new(new Status(StatusCode.NotFound, $"Blob {digest} is not in the cache."));
}
