namespace BuildFarm.Rpc.Tests.Client;

/// <summary>
/// A transport whose writes do not end although their bytes have left, once more than <paramref name="free"/> of them have: what a status that overtakes the end of a write looks like to the client.
/// </summary>
internal sealed class LateWritesHandler(int free) : DelegatingHandler(new SocketsHttpHandler())
{
    /// <summary>Requests leave from now on.</summary>
    public TaskCompletionSource Begin { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await Begin.Task.WaitAsync(cancellationToken);
        request.Content = new PassThroughContent(request.Content!, stream => new LateStream(stream, free));
        return await base.SendAsync(request, cancellationToken);
    }

    private sealed class LateStream(Stream inner, int free) : PassThroughStream(inner)
    {
        private int _written;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _written += buffer.Length;
            return base.WriteAsync(buffer, cancellationToken);
        }

        public override async Task FlushAsync(CancellationToken cancellationToken)
        {
            await base.FlushAsync(cancellationToken);
            if (_written > free)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
        }
    }
}
