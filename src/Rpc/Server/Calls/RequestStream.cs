using BuildFarm.Rpc.Wire;
using Grpc.Core;

namespace BuildFarm.Rpc.Server.Calls;

/// <summary>The requests of a client-streaming or duplex call.</summary>
internal sealed class RequestStream<T>(ServerCall call, Func<DeserializationContext, T> deserializer) : IAsyncStreamReader<T>
    where T : class
{
    private static readonly Task<bool> True = Task.FromResult(true);
    private static readonly Task<bool> False = Task.FromResult(false);

    private bool _atEnd;

    public T Current { get; private set; } = null!;

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (_atEnd)
        {
            return False;
        }

        var read = call.ReadAsync(deserializer, cancellationToken);
        if (!read.IsCompletedSuccessfully)
        {
            return Await(read);
        }

        return Take(read.Result) ? True : False;
    }

    private async Task<bool> Await(ValueTask<ReadMessage<T>> read) => Take(await read);

    private bool Take(ReadMessage<T> message)
    {
        _atEnd = !message.HasValue;
        Current = message.Value;
        return message.HasValue;
    }
}
