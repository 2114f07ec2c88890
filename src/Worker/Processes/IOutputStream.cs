namespace BuildFarm.Worker.Processes;

/// <summary>A task's standard output or error, as the worker reads it. One reader.</summary>
internal interface IOutputStream : IDisposable
{
    /// <summary>Waits until there is something to read, or the end. May return without either.</summary>
    Task WaitAsync(CancellationToken cancellationToken);

    /// <summary>Reads without waiting: bytes read, 0 at the end of the stream, -1 when nothing is there now.</summary>
    /// <exception cref="IOException">The stream broke before its end; all that came before has been read.</exception>
    int TryRead(Span<byte> buffer);
}
