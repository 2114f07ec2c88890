using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>
/// What one run says of the memory that a task needs. A cgroup's peak has the page cache in it, which fills whatever limit there is:
/// so a peak at the limit says nothing, unless the kernel had to kill for want of memory. Otherwise each run would learn a little
/// more than the last.
/// </summary>
internal static class MemoryLesson
{
    /// <summary>A quarter more than what was seen: runs differ.</summary>
    private const double Margin = 1.25;

    /// <summary>From this part of the limit on, the limit made the peak.</summary>
    private const double AtTheLimit = 0.95;

    private const long Unit = 1 << 20;

    /// <summary>What is known after a run, in bytes.</summary>
    /// <param name="known">Before it; 0 when nothing was.</param>
    /// <param name="task">As it finished.</param>
    public static long Learn(long known, TaskView task)
    {
        var (had, peak) = (task.Charges.MemoryBytes, task.Usage?.PeakMemoryBytes ?? 0);
        if (had <= 0 || peak <= 0)
        {
            return known;
        }

        if (task.Outcome == Outcome.OutOfMemory)
        {
            return Math.Max(known, had);
        }

        if (peak >= had * AtTheLimit)
        {
            // It ran out of memory with less, and this was enough: the next begins with as much.
            return task.Charges.OutOfMemoryAt > 0 ? Math.Max(known, (long)(had / Margin)) : known;
        }

        return peak >= known ? peak : known - ((known - peak) / 2);
    }

    /// <summary>What to ask for, in bytes: what is known with a margin, in whole MiB.</summary>
    public static long Ask(long known) => known <= 0 ? 0 : ((long)(known * Margin) + Unit - 1) / Unit * Unit;
}
