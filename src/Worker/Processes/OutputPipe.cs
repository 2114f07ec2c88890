using Microsoft.Win32.SafeHandles;

namespace BuildFarm.Worker.Processes;

/// <summary>The reading end of a task's standard output or error.</summary>
internal sealed class OutputPipe : IDisposable
{
    private readonly SafeFileHandle pipe;
    private readonly ReadinessPoller poller;

    internal OutputPipe(SafeFileHandle pipe, ReadinessPoller poller)
    {
        this.pipe = pipe;
        this.poller = poller;
    }

    /// <summary>Waits until there is something to read, or the end. May return without either.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => poller.WaitReadableAsync(pipe, cancellationToken);

    /// <summary>Reads without waiting: bytes read, 0 at the end of the stream, -1 when nothing is there now.</summary>
    public int TryRead(Span<byte> buffer) => Pipe.TryRead(pipe, buffer);

    /// <inheritdoc />
    public void Dispose() => pipe.Dispose();
}
