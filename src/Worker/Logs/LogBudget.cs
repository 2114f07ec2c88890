namespace BuildFarm.Worker.Logs;

/// <summary>How much one task may write to standard output and error together.</summary>
/// <param name="limitBytes">Bytes.</param>
internal sealed class LogBudget(long limitBytes)
{
    private readonly TaskCompletionSource exceeded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long used;

    public long LimitBytes => limitBytes;

    /// <summary>Bytes written until now.</summary>
    public long Used => Volatile.Read(ref used);

    /// <summary>Completes when the task has written more than it may, and fails when what it writes cannot be kept.</summary>
    public Task Exceeded => exceeded.Task;

    /// <summary>Nothing more can be kept: the task must not go on, for nobody reads what it writes.</summary>
    public void Fail(Exception reason) => exceeded.TrySetException(reason);

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
