using System.Buffers;
using System.IO.Pipelines;
using BuildFarm.Worker.Processes;

namespace BuildFarm.Worker.Containers.Docker.Engine;

/// <summary>One of a container's output streams, between the connection and its reader.</summary>
internal sealed class AttachedStream : IOutputStream
{
    private const int MostBytes = 256 * 1024;

    private readonly System.IO.Pipelines.Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: MostBytes, resumeWriterThreshold: MostBytes / 2, useSynchronizationContext: false));
    private volatile IOException? _broken;
    private bool _disposed;

    /// <summary>Where the connection's bytes go.</summary>
    public PipeWriter Writer => _pipe.Writer;

    public bool IsBroken => _broken is not null;

    /// <summary>Says that nothing more comes, and why when there should have been more.</summary>
    public void End(IOException? broken)
    {
        _broken = broken;
        _pipe.Writer.Complete();
    }

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        var result = await _pipe.Reader.ReadAsync(cancellationToken);
        // Nothing is taken, so it is there for the next read.
        _pipe.Reader.AdvanceTo(result.Buffer.Start);
    }

    public int TryRead(Span<byte> buffer)
    {
        if (!_pipe.Reader.TryRead(out var result))
            return -1;
        var taken = result.Buffer.Slice(0, Math.Min(buffer.Length, result.Buffer.Length));
        taken.CopyTo(buffer);
        var count = (int)taken.Length;
        _pipe.Reader.AdvanceTo(taken.End);
        if (count > 0)
            return count;
        if (!result.IsCompleted)
            return -1;
        return _broken is null ? 0 : throw _broken;
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _pipe.Reader.Complete();
    }
}
