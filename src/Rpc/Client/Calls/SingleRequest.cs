using System.Net;
using BuildFarm.Rpc.Wire;
using Grpc.Core;

namespace Grpc.Net.Client.Calls;

/// <summary>The one message of a unary or server-streaming call, serialised once into a pooled buffer that goes back when neither the call nor any attempt needs it.</summary>
internal sealed class SingleRequest : RequestContent
{
    private readonly PooledBufferWriter _frame = new();
    private int _users = 1;

    public override bool CanReplay => true;

    /// <summary>Serialises the message.</summary>
    public void Write<T>(T message, Action<T, SerializationContext> serializer, CallMessages messages, bool compress)
    {
        using var writer = new MessageWriter(_frame, messages.MaxSendSize, messages.RequestCompression);
        writer.Write(message, serializer, compress);
    }

    public override void OnAttemptFailed()
    {
    }

    public override void OnCommitted()
    {
    }

    public override void OnEnded() => Release();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (!TryUse())
        {
            throw new OperationCanceledException("The call is over.");
        }

        try
        {
            await stream.WriteAsync(_frame.WrittenMemory, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Release();
        }
    }

    private bool TryUse()
    {
        for (var users = Volatile.Read(ref _users); users > 0;)
        {
            var seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
            {
                return true;
            }

            users = seen;
        }

        return false;
    }

    private void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            _frame.Dispose();
        }
    }
}
