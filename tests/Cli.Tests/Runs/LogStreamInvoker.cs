using System.Threading.Channels;
using BuildFarm.Cli.Connection;
using Google.Bytestream;
using Google.Protobuf;
using Grpc.Core;
using Xunit;

namespace BuildFarm.Cli.Tests.Runs;

/// <summary>A cache with one log stream, which gets a piece when a test says.</summary>
internal sealed class LogStreamInvoker : CallInvoker
{
    private readonly Channel<string> _pieces = Channel.CreateUnbounded<string>();
    private readonly Channel<bool> _waits = Channel.CreateUnbounded<bool>();

    /// <summary>A farm whose cache it is.</summary>
    public FarmConnection Farm() => new(this, "nowhere", isEmbedded: false, "", static () => ValueTask.CompletedTask);

    public void Write(string piece) => _pieces.Writer.TryWrite(piece);

    /// <summary>Completes when the reader has had all that was written and waits for more; to be called once for each time that it waits.</summary>
    public async Task ReaderWaitsAsync() => await _waits.Reader.ReadAsync(TestContext.Current.CancellationToken);

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => new(
        (IAsyncStreamReader<TResponse>)(object)new Reader(this),
        Task.FromResult(new Metadata()),
        static () => Status.DefaultSuccess,
        static () => [],
        static () => { });

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        throw new NotSupportedException();

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        throw new NotSupportedException();

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) =>
        throw new NotSupportedException();

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) =>
        throw new NotSupportedException();

    private sealed class Reader(LogStreamInvoker stream) : IAsyncStreamReader<ReadResponse>
    {
        public ReadResponse Current { get; private set; } = new();

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            if (!stream._pieces.Reader.TryRead(out var piece))
            {
                stream._waits.Writer.TryWrite(true);
                piece = await stream._pieces.Reader.ReadAsync(cancellationToken);
            }

            Current = new ReadResponse { Data = ByteString.CopyFromUtf8(piece) };
            return true;
        }
    }
}
