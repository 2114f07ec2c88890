using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Grpc.Core;

namespace BuildFarm.Rpc.Wire;

/// <summary>Reads messages from a pipe, such as a request's body. Reading pulls: nothing is taken from the pipe beyond the message that was asked for, so an unread message holds the peer back.</summary>
public sealed class PipeMessageReader(PipeReader input, MessageParser parser)
{
    /// <summary>Reads the next message; no value when the peer has closed its side after a whole message.</summary>
    /// <exception cref="RpcException">INTERNAL when the stream ends inside a message, and as <see cref="MessageParser.Parse"/>.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ReadMessage<T>> ReadAsync<T>(Func<DeserializationContext, T> deserializer, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (result.IsCanceled)
            {
                throw new OperationCanceledException("Reading was cancelled.", cancellationToken);
            }

            var rest = result.Buffer;
            if (FrameHeader.TryTakeFrame(ref rest, parser.MaxMessageSize, out var header, out var payload))
            {
                var message = parser.Parse(header, payload, deserializer);
                input.AdvanceTo(rest.Start);
                return new ReadMessage<T>(message);
            }

            var ended = result.IsCompleted;
            var empty = rest.IsEmpty;
            input.AdvanceTo(rest.Start, rest.End);
            if (ended)
            {
                return empty ? default(ReadMessage<T>) : throw WireError.Broken("the stream ended inside a message");
            }
        }
    }

    /// <summary>Reads the one message of a unary request: exactly one, then the end of the stream.</summary>
    /// <exception cref="RpcException">INTERNAL for none or more than one, and as <see cref="ReadAsync"/>.</exception>
    public async ValueTask<T> ReadSingleAsync<T>(Func<DeserializationContext, T> deserializer, CancellationToken cancellationToken)
    {
        var first = await ReadAsync(deserializer, cancellationToken).ConfigureAwait(false);
        if (!first.HasValue)
        {
            throw WireError.Broken("the stream ended without a message; this call takes exactly one");
        }

        var end = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
        while (!end.IsCompleted && end.Buffer.IsEmpty)
        {
            input.AdvanceTo(end.Buffer.Start);
            end = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
        }

        var more = !end.Buffer.IsEmpty;
        input.AdvanceTo(end.Buffer.End);
        return more ? throw WireError.Broken("more than one message; this call takes exactly one") : first.Value;
    }
}
