using BuildFarm.BlobStore.Logs;
using BuildFarm.BlobStore.Remote.Wire;
using Google.Bytestream;
using Grpc.Core;

namespace BuildFarm.BlobStore.Remote;

/// <summary>
/// The log streams of a cache service, over ByteStream. Every append is a call of its own, so that a lost one is repeated
/// without harm; append what has gathered, not every line.
/// </summary>
/// <param name="invoker">Of a channel to the cache.</param>
public sealed class RemoteLogStore(CallInvoker invoker) : ILogStore
{
    private const int LargestMessage = 2 << 20;

    /// <inheritdoc />
    public async ValueTask<long> AppendAsync(string name, long offset, ReadOnlyMemory<byte> bytes, bool finish, CancellationToken cancellationToken)
    {
        using var call = invoker.AsyncClientStreamingCall(ByteStreamMethods.Write, null, new CallOptions(cancellationToken: cancellationToken));
        try
        {
            do
            {
                var part = bytes[..Math.Min(bytes.Length, LargestMessage)];
                bytes = bytes[part.Length..];
                using var chunk = new WriteChunk { ResourceName = name, WriteOffset = offset, FinishWrite = finish && bytes.IsEmpty, Data = part };
                await call.RequestStream.WriteAsync(chunk, cancellationToken);
                offset += part.Length;
            }
            while (!bytes.IsEmpty);
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
            // The call's own status says more; it is thrown below.
        }

        return await CommittedAsync(name, call);
    }

    /// <inheritdoc />
    public async ValueTask<int> ReadAsync(string name, long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var request = new ReadRequest { ResourceName = name, ReadOffset = offset, ReadLimit = buffer.Length };
        using var call = invoker.AsyncServerStreamingCall(ByteStreamMethods.Read, null, new CallOptions(cancellationToken: cancellationToken), request);
        while (await MoveNextAsync(name, call.ResponseStream, cancellationToken))
        {
            using var chunk = call.ResponseStream.Current;
            if (!chunk.Data.IsEmpty)
            {
                chunk.Data.CopyTo(buffer);
                return chunk.Data.Length;
            }
        }

        return 0;
    }

    /// <inheritdoc />
    public async ValueTask<LogStreamState?> GetStateAsync(string name, CancellationToken cancellationToken)
    {
        using var call = invoker.AsyncUnaryCall(
            ByteStreamMethods.QueryWriteStatus, null, new CallOptions(cancellationToken: cancellationToken), new QueryWriteStatusRequest { ResourceName = name });
        var status = await call.ResponseAsync;
        return status.CommittedSize == 0 && !status.Complete ? null : new LogStreamState(status.CommittedSize, status.Complete);
    }

    private static async Task<bool> MoveNextAsync(string name, IAsyncStreamReader<ReadChunk> chunks, CancellationToken cancellationToken)
    {
        try
        {
            return await chunks.MoveNext(cancellationToken);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            throw new LogEvictedException(name);
        }
    }

    private static async ValueTask<long> CommittedAsync(string name, AsyncClientStreamingCall<WriteChunk, WriteResponse> call)
    {
        try
        {
            return (await call.ResponseAsync).CommittedSize;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.OutOfRange)
        {
            throw new LogOffsetException(e.Status.Detail);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
        {
            throw new BlobStoreFullException($"Log stream {name}: {e.Status.Detail}", e);
        }
    }
}
