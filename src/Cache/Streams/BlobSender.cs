using System.Buffers;
using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Remote.Wire;
using BuildFarm.Cache.Compression;
using BuildFarm.Cache.Resources;
using Grpc.Core;

namespace BuildFarm.Cache.Streams;

/// <summary>Sends blobs, as they are or as a zstd frame.</summary>
internal sealed class BlobSender(IBlobStore blobs)
{
    /// <summary>Sends a part of a blob; offset and limit count its own bytes, compressed or not (rule 14).</summary>
    /// <exception cref="RpcException">NOT_FOUND, OUT_OF_RANGE, DATA_LOSS; INVALID_ARGUMENT for a limit on what is compressed.</exception>
    public async Task SendAsync(
        BlobResource blob, long offset, long limit, IServerStreamWriter<ReadChunk> responses, CancellationToken cancellationToken)
    {
        if (blob.IsCompressed && limit != 0)
        {
            throw RequestChecks.Invalid($"read_limit is {limit}; a compressed read goes to the end of the blob, so write 0.");
        }

        await using var reader = await blobs.OpenAsync(blob.Digest, cancellationToken)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"Blob {blob.Digest} is not in the cache."));
        if (offset > reader.Length)
        {
            throw new RpcException(new Status(StatusCode.OutOfRange, $"read_offset {offset} is beyond the {reader.Length} bytes of blob {blob.Digest}."));
        }

        var end = limit == 0 || limit > reader.Length - offset ? reader.Length : offset + limit;
        var part = new Part(blob, reader, offset, end);
        await (blob.IsCompressed ? SendCompressedAsync(part, responses, cancellationToken) : SendAsItIsAsync(part, responses, cancellationToken));
    }

    private static async Task SendAsItIsAsync(Part part, IServerStreamWriter<ReadChunk> responses, CancellationToken cancellationToken)
    {
        using var chunk = ReadChunk.WithCapacity((int)Math.Min(Limits.ReadBytes, Math.Max(part.Left, 1)));
        while (part.Left > 0)
        {
            chunk.SetLength(await part.ReadAsync(chunk.Buffer, cancellationToken));
            // The end of the call ends a write too.
            await responses.WriteAsync(chunk, CancellationToken.None);
        }
    }

    private static async Task SendCompressedAsync(Part part, IServerStreamWriter<ReadChunk> responses, CancellationToken cancellationToken)
    {
        using var encoder = new ZstdEncoder();
        using var chunk = ReadChunk.WithCapacity(Limits.ReadBytes);
        var buffer = ArrayPool<byte>.Shared.Rent(Limits.ReadBytes);
        try
        {
            var (input, filled, ended) = (ReadOnlyMemory<byte>.Empty, 0, false);
            while (!ended)
            {
                if (input.IsEmpty && part.Left > 0)
                {
                    input = buffer.AsMemory(0, await part.ReadAsync(buffer, cancellationToken));
                }

                (var taken, var given, ended) = encoder.Encode(input.Span, chunk.Buffer.Span[filled..], isLast: part.Left == 0);
                input = input[taken..];
                filled += given;
                if (ended || filled == chunk.Buffer.Length)
                {
                    chunk.SetLength(filled);
                    await responses.WriteAsync(chunk, CancellationToken.None);
                    filled = 0;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>What is still to be sent of a blob.</summary>
    private sealed class Part(BlobResource blob, BlobReader reader, long offset, long end)
    {
        private long _offset = offset;

        public long Left => end - _offset;

        public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            var room = buffer[..(int)Math.Min(buffer.Length, Math.Min(Limits.ReadBytes, Left))];
            var read = await reader.ReadAsync(_offset, room, cancellationToken);
            if (read == 0)
            {
                throw new RpcException(new Status(StatusCode.DataLoss, $"Blob {blob.Digest} ended at {_offset} bytes."));
            }

            _offset += read;
            CacheMetrics.BytesRead.Add(read);
            return read;
        }
    }
}
