namespace BuildFarm.BlobStore.Logs;

/// <summary>
/// Append-only streams of live output, addressed by offset (REAPI's LogStream resources, named
/// <c>logstreams/{hex id}/{stdout|stderr}</c>). They outlive the worker that wrote them.
/// </summary>
public interface ILogStore
{
    /// <summary>
    /// Appends at <paramref name="offset"/>, which must be the stream's length or less: bytes that the stream has already
    /// are skipped, so a repeated write does no harm. A write without a byte that does not finish leaves nothing. Returns the committed length.
    /// </summary>
    ValueTask<long> AppendAsync(string name, long offset, ReadOnlyMemory<byte> bytes, bool finish, CancellationToken cancellationToken);

    /// <summary>
    /// Reads from <paramref name="offset"/>. At the end of an unfinished stream it waits for more; at the end of a finished
    /// one it returns 0. A stream that nobody has written to yet counts as unfinished and empty; one that was removed after
    /// its end is a <see cref="LogEvictedException"/>.
    /// </summary>
    ValueTask<int> ReadAsync(string name, long offset, Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Length so far, and whether it is finished; null when it has neither a byte nor an end.</summary>
    ValueTask<LogStreamState?> GetStateAsync(string name, CancellationToken cancellationToken);
}

/// <param name="Length">Bytes committed.</param>
/// <param name="Finished">No more will come.</param>
public readonly record struct LogStreamState(long Length, bool Finished);
