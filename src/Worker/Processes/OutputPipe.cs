using Microsoft.Win32.SafeHandles;

namespace BuildFarm.Worker.Processes;

/// <summary>The reading end of a pipe that a task writes to.</summary>
internal sealed class OutputPipe : IOutputStream
{
    private readonly SafeFileHandle pipe;
    private readonly ReadinessPoller poller;

    internal OutputPipe(SafeFileHandle pipe, ReadinessPoller poller)
    {
        this.pipe = pipe;
        this.poller = poller;
    }

    /// <inheritdoc />
    public Task WaitAsync(CancellationToken cancellationToken) => poller.WaitReadableAsync(pipe, cancellationToken);

    /// <inheritdoc />
    public int TryRead(Span<byte> buffer) => Pipe.TryRead(pipe, buffer);

    /// <inheritdoc />
    public void Dispose() => pipe.Dispose();
}
