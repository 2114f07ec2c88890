namespace BuildFarm.Worker.Logs;

/// <summary>How much one task may write to standard output and error together.</summary>
/// <param name="limitBytes">Bytes.</param>
internal sealed class LogBudget(long limitBytes)
{
    private readonly TaskCompletionSource exceeded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long used;

    public long LimitBytes => limitBytes;

    /// <summary>Completes when the task has written more than it may.</summary>
    public Task Exceeded => exceeded.Task;

    /// <summary>How many of the bytes still fit; those are kept.</summary>
    public int Take(int bytes)
    {
        var after = Interlocked.Add(ref used, bytes);
        if (after <= limitBytes)
            return bytes;
        exceeded.TrySetResult();
        return (int)Math.Clamp(bytes - (after - limitBytes), 0, bytes);
    }
}
