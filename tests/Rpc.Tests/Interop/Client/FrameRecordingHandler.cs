using System.Collections.Concurrent;
using BuildFarm.Rpc.Tests.Client;
using BuildFarm.Rpc.Wire;

namespace BuildFarm.Rpc.Tests.Interop.Client;

/// <summary>A transport that notes, of every message of a response and a request, whether it was compressed.</summary>
internal sealed class FrameRecordingHandler() : DelegatingHandler(new SocketsHttpHandler())
{
    /// <summary>The compressed flags of the messages received, in order.</summary>
    public ConcurrentQueue<bool> Received { get; } = new();

    /// <summary>The compressed flags of the messages sent, in order.</summary>
    public ConcurrentQueue<bool> Sent { get; } = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Content = new PassThroughContent(request.Content!, stream => new RecordingStream(stream, new FrameFlags(Sent)));
        var response = await base.SendAsync(request, cancellationToken);
        var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var content = new StreamContent(new RecordingStream(body, new FrameFlags(Received)));
        foreach (var (name, values) in response.Content.Headers.NonValidated)
        {
            content.Headers.TryAddWithoutValidation(name, values);
        }

        response.Content = content;
        return response;
    }

    private sealed class FrameFlags(ConcurrentQueue<bool> flags)
    {
        private readonly byte[] _header = new byte[FrameHeader.Size];
        private int _held;
        private long _skip;

        public void Look(ReadOnlySpan<byte> bytes)
        {
            foreach (var b in bytes)
            {
                if (_skip > 0)
                {
                    _skip--;
                    continue;
                }

                _header[_held++] = b;
                if (_held == FrameHeader.Size)
                {
                    var header = FrameHeader.Read(_header, null);
                    flags.Enqueue(header.Compressed);
                    _skip = header.Length;
                    _held = 0;
                }
            }
        }
    }

    private sealed class RecordingStream(Stream inner, FrameFlags flags) : PassThroughStream(inner)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            flags.Look(buffer.Span[..read]);
            return read;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            flags.Look(buffer.Span);
            return base.WriteAsync(buffer, cancellationToken);
        }
    }
}
