using BuildFarm.Rpc.Wire;
using Grpc.Core;

namespace Grpc.Net.Client.Calls;

/// <summary>The messages of a streaming response. Each is taken from the transport when it is asked for, so an unread stream holds the server back.</summary>
internal sealed class ResponseStream<T>(ClientCall call, Marshaller<T> marshaller) : IAsyncStreamReader<T>
{
    private StreamMessageReader? _body;
    private T? _current;
    private bool _hasCurrent;
    private int _reading;

    public T Current => _hasCurrent ? _current! : throw new InvalidOperationException("There is no current message; call MoveNext and see that it gives true.");

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _reading, 1) != 0)
        {
            throw new InvalidOperationException("MoveNext is under way already; a stream has one reader at a time.");
        }

        var cancellation = cancellationToken.CanBeCanceled
            ? cancellationToken.UnsafeRegister(static state => ((ClientCall)state!).Cancel(), call)
            : default;
        try
        {
            return await ReadAsync().ConfigureAwait(false);
        }
        finally
        {
            cancellation.Unregister();
            Volatile.Write(ref _reading, 0);
        }
    }

    private async ValueTask<bool> ReadAsync()
    {
        _hasCurrent = false;
        _current = default;
        if (!call.HasEnded)
        {
            var response = await call.ResponseTask.ConfigureAwait(false);
            if (response is not null)
            {
                try
                {
                    _body ??= call.OpenBody(response);
                    var message = await _body.ReadAsync(marshaller.ContextualDeserializer, call.Token).ConfigureAwait(false);
                    if (message.HasValue)
                    {
                        _current = message.Value;
                        _hasCurrent = true;
                        return true;
                    }

                    call.EndAfterBody(response);
                }
                catch (Exception e)
                {
                    call.EndWith(e);
                }
            }
        }

        _body?.Dispose();
        return call.GetStatus().StatusCode == StatusCode.OK ? false : throw call.Failure();
    }
}
