using System.Collections.Concurrent;
using System.Net;
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
        request.Content = new RecordedContent(request.Content!, Sent);
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

    private sealed class RecordedContent : HttpContent
    {
        private readonly HttpContent _inner;
        private readonly ConcurrentQueue<bool> _flags;

        public RecordedContent(HttpContent inner, ConcurrentQueue<bool> flags)
        {
            _inner = inner;
            _flags = flags;
            foreach (var (name, values) in inner.Headers.NonValidated)
            {
                Headers.TryAddWithoutValidation(name, values);
            }
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            _inner.CopyToAsync(new RecordingStream(stream, new FrameFlags(_flags)), context);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
            _inner.CopyToAsync(new RecordingStream(stream, new FrameFlags(_flags)), context, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
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

    private sealed class RecordingStream(Stream inner, FrameFlags flags) : Stream
    {
        public override bool CanRead => inner.CanRead;

        public override bool CanSeek => false;

        public override bool CanWrite => inner.CanWrite;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            flags.Look(buffer.Span[..read]);
            return read;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            flags.Look(buffer.Span);
            return inner.WriteAsync(buffer, cancellationToken);
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => inner.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
