using BuildFarm.Rpc.Wire;
using Grpc.Core;

namespace Grpc.Net.Client.Calls;

/// <summary>The response of a call: its messages and its trailers.</summary>
internal sealed partial class ClientCall
{
    private bool _bodyEnded;

    /// <summary>Opens the body of the response.</summary>
    /// <exception cref="RpcException">INTERNAL when the server compresses with an encoding that this side did not offer.</exception>
    public StreamMessageReader OpenBody(HttpResponseMessage response)
    {
        var encoding = ResponseHeaders.Get(response.Headers, ProtocolNames.MessageEncodingHeader);
        if (!_channel.Compression.TryGet(encoding, out var compression) && encoding is not (null or "" or ProtocolNames.IdentityEncoding))
        {
            throw WireError.Internal($"the server uses the message encoding '{encoding}', which was not offered; offered were: {_channel.Compression.AcceptEncoding}");
        }

        return new StreamMessageReader(response.Content.ReadAsStream(CancellationToken.None), new MessageParser(_channel.MaxReceiveMessageSize, compression));
    }

    /// <summary>The one response message of a unary or client-streaming call.</summary>
    public async Task<TResponse> ReceiveSingleAsync<TResponse>(Marshaller<TResponse> marshaller)
    {
        var response = await ResponseTask.ConfigureAwait(false) ?? throw Failure();
        StreamMessageReader? body = null;
        try
        {
            body = OpenBody(response);
            var message = await body.ReadAsync(marshaller.ContextualDeserializer, Token).ConfigureAwait(false);
            var more = message.HasValue && (await body.ReadAsync(marshaller.ContextualDeserializer, Token).ConfigureAwait(false)).HasValue;
            EndAfterBody(response, message.HasValue, more);
            if (GetStatus().StatusCode == StatusCode.OK)
            {
                return message.Value;
            }
        }
        catch (Exception e)
        {
            EndWith(e);
        }
        finally
        {
            body?.Dispose();
        }

        throw Failure();
    }

    /// <summary>Ends the call with the status that follows the last message of a response stream.</summary>
    public void EndAfterBody(HttpResponseMessage response)
    {
        _bodyEnded = true;
        var status = ResponseHeaders.ReadStatus(response.TrailingHeaders) ?? ResponseHeaders.ReadStatus(response.Headers)
            ?? new Status(StatusCode.Unknown, "the server ended the stream without a grpc-status");
        if (status.StatusCode == StatusCode.OK)
        {
            _channel.RetryThrottle?.OnSuccess();
        }

        End(status.StatusCode == StatusCode.OK && status.Detail.Length == 0 ? CallOutcome.Success : new CallOutcome(status, null));
    }

    private void EndAfterBody(HttpResponseMessage response, bool hasMessage, bool more)
    {
        if (more)
        {
            EndWith(new Status(StatusCode.Internal, "the server sent more than one message; this call takes exactly one"));
        }
        else if (!hasMessage && (ResponseHeaders.ReadStatus(response.TrailingHeaders) ?? ResponseHeaders.ReadStatus(response.Headers)) is { StatusCode: StatusCode.OK })
        {
            EndWith(new Status(StatusCode.Internal, "the server ended the call with OK but without its message"));
        }
        else
        {
            EndAfterBody(response);
        }
    }

    private Metadata ReadTrailers()
    {
        if (_response is not { } response)
        {
            return [];
        }

        return ResponseHeaders.Get(response.Headers, ProtocolNames.StatusTrailer) is not null
            ? ResponseHeaders.ToMetadata(response.Headers)
            : _bodyEnded ? ResponseHeaders.ToMetadata(response.TrailingHeaders) : [];
    }
}
