namespace BuildFarm.Scheduling.State;

/// <summary>The children of a running attempt, and its waits for them. Nearly no attempt has one.</summary>
internal sealed class Family
{
    public List<ParentWait> Waits { get; } = [];

    public List<JobEntry> Children { get; } = [];

    /// <summary>
    /// What is lent for these waits of an attempt that holds so much: what stands still, as far as nothing that it does itself needs
    /// it. Waits for one child lend what the largest of them lends, and nothing when one of them is over: a process whose call breaks
    /// calls again, and the end of its first call may be noticed much later.
    /// </summary>
    public long LentOf(long cpuMillis, ParentWait? resumed = null)
    {
        var needed = Waits.Where(wait => RunsLocally(wait, resumed)).Sum(static wait => wait.CpuMillis);
        var still = Waits
            .Where(wait => !ReferenceEquals(wait, resumed) && !Waits.Exists(other => other.Child == wait.Child && GoesOn(other, resumed)))
            .GroupBy(static wait => wait.Child)
            .Sum(static child => child.Max(static wait => wait.CpuMillis));
        return Math.Max(0, Math.Min(still, cpuMillis - needed));
    }

    private static bool RunsLocally(ParentWait wait, ParentWait? resumed) =>
        wait.Step == WaitStep.Local || (ReferenceEquals(wait, resumed) && wait.Answer == ChildAnswer.RunLocally);

    /// <summary>One that is gone stands still, or has ended.</summary>
    private static bool GoesOn(ParentWait wait, ParentWait? resumed) =>
        wait.Step == WaitStep.Local || (ReferenceEquals(wait, resumed) && wait.Answer != ChildAnswer.Gone);
}
