namespace BuildFarm.Cli.Runs;

/// <summary>
/// Ends the reading of a log stream that nobody will finish, as when its worker was lost: once the task has ended, for when nothing has come for
/// <see cref="Longest"/>. Each piece begins that anew, and while a piece is shown it does not run: how fast a terminal takes the log says
/// nothing about the stream.
/// </summary>
public sealed class StreamSilence(TimeProvider time) : IDisposable
{
    /// <summary>More than a machine or a connection mostly stands still for, and no longer than somebody likes to wait for the end of a run.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _over = new(Timeout.InfiniteTimeSpan, time);
    private bool _counts;
    private bool _waits;

    /// <summary>Cancelled when the stream was silent for too long.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>The task has ended: from now on silence counts.</summary>
    public void Count()
    {
        lock (_lock)
        {
            _counts = true;
            Renew();
        }
    }

    /// <summary>The reader waits for a piece, or no longer does.</summary>
    internal void Wait(bool waits)
    {
        lock (_lock)
        {
            _waits = waits;
            Renew();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _over.Dispose();

    private void Renew() => _over.CancelAfter(_counts && _waits ? Longest : Timeout.InfiniteTimeSpan);
}
