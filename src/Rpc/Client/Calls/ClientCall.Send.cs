using System.Diagnostics;
using System.Globalization;
using System.Net;
using BuildFarm.Rpc.Wire;
using Grpc.Core;
using Grpc.Net.Client.Credentials;
using Grpc.Net.Client.Retries;
using Grpc.Net.Client.Transport;
using Grpc.Net.Compression;

namespace Grpc.Net.Client.Calls;

/// <summary>The attempts of a call, up to the response headers that commit it to one of them.</summary>
internal sealed partial class ClientCall
{
    private RequestContent? _content;
    private HttpResponseMessage? _response;
    private Task<HttpResponseMessage?>? _responseTask;
    private Task<Metadata>? _headersTask;
    private bool _answered;

    /// <summary>The response that the call is committed to; null when the call ended before there was one. Never fails.</summary>
    public Task<HttpResponseMessage?> ResponseTask => _responseTask!;

    /// <summary>How this call writes messages.</summary>
    public CallMessages Messages => new(_channel.MaxSendMessageSize, RequestCompression());

    /// <summary>Starts the first attempt.</summary>
    public void Start(RequestContent content)
    {
        _content = content;
        _responseTask = SendAsync(content);
    }

    public Task<Metadata> GetHeadersAsync() => _headersTask ??= ReadHeadersAsync();

    private async Task<Metadata> ReadHeadersAsync()
    {
        var response = await ResponseTask.ConfigureAwait(false);
        if (response is not null)
        {
            return ResponseHeaders.ToMetadata(response.Headers);
        }

        return _answered ? [] : throw Failure();
    }

    private async Task<HttpResponseMessage?> SendAsync(RequestContent content)
    {
        if (!Arm())
        {
            content.OnEnded();
            return null;
        }

        var retries = default(RetryState);
        while (true)
        {
            AttemptFailure failure;
            try
            {
                var request = CreateRequest(content, retries.Attempts);
                if ((_options.Credentials ?? _channel.CallCredentials) is not null)
                {
                    await AddCredentialsAsync(request).ConfigureAwait(false);
                }

                var response = await _channel.Transport.SendAsync(request, Token).ConfigureAwait(false);
                if (Accept(response, out failure))
                {
                    return HasEnded ? null : response;
                }
            }
            catch (Exception e)
            {
                failure = TransportFailure.From(e, _channel.Address);
            }

            if (HasEnded)
            {
                return null;
            }

            if (retries.Next(failure, _route.Retries, _channel.RetryThrottle, _channel.Reconnect, _options.IsWaitForReady, content.CanReplay) is not { } delay)
            {
                End(new CallOutcome(failure.Status, _answered ? null : Metadata.Empty));
                return null;
            }

            content.OnAttemptFailed();
            _response = null;
            _answered = false;
            if (delay > TimeSpan.Zero && !await WaitAsync(delay).ConfigureAwait(false))
            {
                return null;
            }
        }
    }

    /// <summary>Takes a response: true commits the call to it, false makes it a failed attempt.</summary>
    private bool Accept(HttpResponseMessage response, out AttemptFailure failure)
    {
        _answered = true;
        _response = response;
        if (HasEnded)
        {
            response.Dispose();
        }

        var status = ResponseHeaders.ReadStatus(response.Headers) ?? ResponseHeaders.ReadHttpFailure(response);
        if (status is { StatusCode: not StatusCode.OK })
        {
            failure = new AttemptFailure(status.Value, Pushback: ResponseHeaders.Get(response.Headers, ProtocolNames.RetryPushbackHeader));
            response.Dispose();
            return false;
        }

        failure = default;
        _content!.OnCommitted();
        return true;
    }

    private async Task<bool> WaitAsync(TimeSpan delay)
    {
        try
        {
            await Task.Delay(delay, _channel.TimeProvider, Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private HttpRequestMessage CreateRequest(RequestContent content, int previousAttempts)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, _route.Uri)
        {
            Content = content,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        var headers = request.Headers;
        headers.TryAddWithoutValidation("TE", "trailers");
        headers.TryAddWithoutValidation("User-Agent", GrpcChannel.UserAgent);
        headers.TryAddWithoutValidation(ProtocolNames.MessageAcceptEncodingHeader, _channel.Compression.AcceptEncoding);
        if (TimeLeft() is { } left)
        {
            headers.TryAddWithoutValidation(ProtocolNames.TimeoutHeader, GrpcTimeout.Format(left));
        }

        if (RequestCompression() is { } compression)
        {
            headers.TryAddWithoutValidation(ProtocolNames.MessageEncodingHeader, compression.EncodingName);
        }

        if (previousAttempts > 0)
        {
            headers.TryAddWithoutValidation(ProtocolNames.PreviousAttemptsHeader, previousAttempts.ToString(CultureInfo.InvariantCulture));
        }

        if (_options.Headers is { Count: > 0 } metadata)
        {
            AddMetadata(request, metadata);
        }

        if ((_span ?? Activity.Current) is { } activity)
        {
            DistributedContextPropagator.Current.Inject(activity, request, static (carrier, name, value) =>
                ((HttpRequestMessage)carrier!).Headers.TryAddWithoutValidation(name, value));
        }

        return request;
    }

    private async Task AddCredentialsAsync(HttpRequestMessage request)
    {
        if (!_channel.Address.IsPrivate && !_channel.AllowsInsecureCallCredentials)
        {
            throw new RpcException(new Status(
                StatusCode.Unauthenticated,
                $"call credentials would travel to {_channel.Address} without TLS; use https, or set UnsafeUseInsecureChannelCallCredentials"));
        }

        var service = new Uri(_channel.Address.BaseUri, _method.ServiceName).AbsoluteUri;
        var context = new AuthInterceptorContext(service, _method.Name, Token);
        AddMetadata(request, await CallCredentialsReader.ReadAsync([_channel.CallCredentials, _options.Credentials], context).ConfigureAwait(false));
    }

    private static void AddMetadata(HttpRequestMessage request, Metadata metadata)
    {
        foreach (var entry in metadata)
        {
            if (entry.Key == GrpcChannel.RequestEncodingKey || MetadataHeaders.IsReserved(entry.Key))
            {
                continue;
            }

            if (entry.Key == "user-agent")
            {
                request.Headers.Remove(entry.Key);
            }

            request.Headers.TryAddWithoutValidation(entry.Key, MetadataHeaders.ToHeaderValue(entry));
        }
    }

    private ICompressionProvider? RequestCompression() =>
        _options.Headers is { Count: > 0 } metadata && metadata.GetValue(GrpcChannel.RequestEncodingKey) is { } name
            ? _channel.Compression.Find(name)
            : null;
}
