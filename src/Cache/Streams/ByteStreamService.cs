using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Logs;
using BuildFarm.BlobStore.Remote.Wire;
using BuildFarm.Cache.Resources;
using Google.Bytestream;
using Grpc.Core;

namespace BuildFarm.Cache.Streams;

/// <summary>Blobs and log streams as byte streams.</summary>
internal sealed class ByteStreamService(IBlobStore blobs, ILogStore logs, BlobReceiver receiver, BlobSender sender) : ByteStreamBase
{
    /// <inheritdoc />
    public override async Task Read(ReadRequest request, IServerStreamWriter<ReadChunk> responses, ServerCallContext context)
    {
        if (request.ReadLimit < 0)
        {
            throw RequestChecks.Invalid($"read_limit is {request.ReadLimit}; write 0 for everything.");
        }

        if (request.ReadOffset < 0)
        {
            throw OutOfRange($"read_offset is {request.ReadOffset}; it counts from 0.");
        }

        switch (ResourceNames.ParseRead(request.ResourceName))
        {
            case BlobResource blob:
                await sender.SendAsync(blob, request.ReadOffset, request.ReadLimit, responses, context.CancellationToken);
                break;
            case LogStreamResource log:
                await FollowAsync(log, request.ReadOffset, request.ReadLimit == 0 ? long.MaxValue : request.ReadLimit, responses, context.CancellationToken);
                break;
            default:
                break;
        }
    }

    /// <inheritdoc />
    public override async Task<WriteResponse> Write(IAsyncStreamReader<WriteChunk> requests, ServerCallContext context)
    {
        if (!await requests.MoveNext(context.CancellationToken))
        {
            throw RequestChecks.Invalid("The write has no message; the first one carries the resource name.");
        }

        var committed = ResourceNames.ParseWrite(requests.Current.ResourceName) switch
        {
            UploadResource upload => await receiver.ReceiveAsync(upload, requests, context.CancellationToken),
            LogStreamResource log => await AppendAsync(log, requests, context.CancellationToken),
            _ => 0,
        };
        return new WriteResponse { CommittedSize = committed };
    }

    /// <inheritdoc />
    public override async Task<QueryWriteStatusResponse> QueryWriteStatus(QueryWriteStatusRequest request, ServerCallContext context)
    {
        switch (ResourceNames.ParseWrite(request.ResourceName))
        {
            case UploadResource upload when await blobs.ContainsAsync(upload.Digest, context.CancellationToken):
                return new QueryWriteStatusResponse { CommittedSize = upload.Digest.SizeBytes, Complete = true };
            case UploadResource upload:
                return new QueryWriteStatusResponse { CommittedSize = receiver.CommittedSize(upload) };
            case LogStreamResource log:
                var state = await logs.GetStateAsync(log.Name, context.CancellationToken) ?? default;
                return new QueryWriteStatusResponse { CommittedSize = state.Length, Complete = state.Finished };
            default:
                return new QueryWriteStatusResponse();
        }
    }

    private async Task FollowAsync(
        LogStreamResource log, long offset, long limit, IServerStreamWriter<ReadChunk> responses, CancellationToken cancellationToken)
    {
        using var chunk = ReadChunk.WithCapacity(64 * 1024);
        while (limit > 0)
        {
            var room = chunk.Buffer[..(int)Math.Min(chunk.Buffer.Length, limit)];
            var read = await logs.ReadAsync(log.Name, offset, room, cancellationToken);
            if (read == 0)
            {
                return;
            }

            chunk.SetLength(read);
            await responses.WriteAsync(chunk, CancellationToken.None);
            offset += read;
            limit -= read;
        }
    }

    private async Task<long> AppendAsync(LogStreamResource log, IAsyncStreamReader<WriteChunk> requests, CancellationToken cancellationToken)
    {
        long committed = 0;
        do
        {
            using var chunk = requests.Current;
            if (chunk.ResourceName.Length > 0 && !string.Equals(chunk.ResourceName, log.Name, StringComparison.Ordinal))
            {
                throw RequestChecks.Invalid($"One write has one resource; {log.Name} became {chunk.ResourceName}.");
            }

            committed = await logs.AppendAsync(log.Name, chunk.WriteOffset, chunk.Data, chunk.FinishWrite, cancellationToken);
        }
        while (await requests.MoveNext(cancellationToken));
        return committed;
    }

    private static RpcException OutOfRange(string message) => new(new Status(StatusCode.OutOfRange, message));
}
