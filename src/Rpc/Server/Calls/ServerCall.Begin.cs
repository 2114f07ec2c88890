using System.IO.Pipelines;
using BuildFarm.Rpc.Wire;
using Grpc.Core;
using Grpc.Net.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace BuildFarm.Rpc.Server.Calls;

/// <summary>The start of a call: limits, encodings, deadline.</summary>
internal sealed partial class ServerCall
{
    /// <summary>Asks for an encoding of this call's responses in <see cref="ServerCallContext.WriteResponseHeadersAsync"/>, as in the C core.</summary>
    private const string ResponseEncodingRequest = "grpc-internal-encoding-request";

    private CallDeadline? _deadline;

    /// <summary>Reads the protocol's request headers.</summary>
    /// <exception cref="RpcException">UNIMPLEMENTED for an encoding that is not known; <see cref="WireException"/> for a malformed timeout.</exception>
    public void Begin()
    {
        _started = Settings.Metrics.Start();
        LiftBodyLimits();
        Http.Response.ContentType = ProtocolNames.ContentType;
        var headers = Http.Request.Headers;
        if (headers.GrpcAcceptEncoding.Count > 0 || headers.GrpcEncoding.Count > 0)
        {
            NegotiateEncodings();
        }

        var timeout = headers.GrpcTimeout;
        if (timeout.Count > 0)
        {
            StartDeadline(timeout.ToString());
        }
    }

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        ValueTask<FlushResult> flush;
        lock (_gate)
        {
            if (_ended)
            {
                throw Over();
            }

            if (Http.Response.HasStarted)
            {
                throw new InvalidOperationException("Response headers are sent already; send them once, before the first message.");
            }

            AddHeaders(responseHeaders);
            flush = _output.FlushAsync(CancellationToken.None);
        }

        await flush;
    }

    private void AddHeaders(Metadata responseHeaders)
    {
        foreach (var entry in responseHeaders)
        {
            if (entry.Key == ResponseEncodingRequest)
            {
                UseResponseEncoding(Settings.Encodings.Find(entry.Value));
            }
            else if (!MetadataHeaders.IsReserved(entry.Key))
            {
                Http.Response.Headers.Append(entry.Key, MetadataHeaders.ToHeaderValue(entry));
            }
        }
    }

    /// <summary>The limits made for web pages end long quiet streams; a call has its message limit and its deadline.</summary>
    private void LiftBodyLimits()
    {
        if (Http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        if (Http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }
    }

    /// <summary>Servers tell what they accept to clients that speak of encodings at all.</summary>
    private void NegotiateEncodings()
    {
        var headers = Http.Request.Headers;
        Http.Response.Headers.GrpcAcceptEncoding = Settings.Encodings.AcceptEncoding;
        _parser.Compression = Settings.Encodings.Find(headers.GrpcEncoding);
        if (Settings.ResponseEncoding is { } encoding && CompressionSet.Accepts(headers.GrpcAcceptEncoding, encoding.EncodingName))
        {
            UseResponseEncoding(encoding);
        }
    }

    private void UseResponseEncoding(ICompressionProvider? encoding)
    {
        _writer.Compression = encoding;
        Http.Response.Headers.GrpcEncoding = encoding?.EncodingName;
    }

    private void StartDeadline(string timeout)
    {
        if (!GrpcTimeout.TryParse(timeout, out var left))
        {
            throw WireError.Broken($"malformed {ProtocolNames.TimeoutHeader} '{timeout}'");
        }

        _deadline = new CallDeadline(this, left);
    }
}
