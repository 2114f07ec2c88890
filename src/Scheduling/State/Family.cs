namespace BuildFarm.Scheduling.State;

/// <summary>The children of a running attempt, and its waits for them. Nearly no attempt has one.</summary>
internal sealed class Family
{
    public List<ParentWait> Waits { get; } = [];

    public List<JobEntry> Children { get; } = [];

    /// <summary>
    /// What is lent for these waits of an attempt that holds so much: what stands still, as far as nothing that it does itself needs
    /// it.
    /// </summary>
    public long LentOf(long cpuMillis, ParentWait? resumed = null)
    {
        var (still, needed) = (0L, 0L);
        foreach (var wait in Waits)
        {
            if (ReferenceEquals(wait, resumed))
            {
                needed += wait.Answer == ChildAnswer.RunLocally ? wait.CpuMillis : 0;
            }
            else if (wait.Step == WaitStep.Local)
            {
                needed += wait.CpuMillis;
            }
            else
            {
                still += wait.CpuMillis;
            }
        }

        return Math.Max(0, Math.Min(still, cpuMillis - needed));
    }
}
