using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Families;

/// <summary>
/// When a parent may have CPU back that it lent. A grant of a part must not lead to attempts that each hold what the others want, so a
/// worker's CPU is given back as a careful banker lends: only when afterwards all its attempts could still get the rest, one after
/// the other, each with what those before it hold (Dijkstra, EWD 108). New attempts start with all that they need, and lending more is
/// always careful, so what is careful once stays so.
/// </summary>
internal static class LentCpu
{
    /// <summary>What an attempt must get to go on after this wait, in thousandths of a CPU.</summary>
    public static long MissingFor(ParentWait wait) => wait.Parent.LentCpuMillis - wait.Parent.Family!.LentOf(wait.Parent.Charge.CpuMillis, resumed: wait);

    public static bool MayReturn(ParentWait wait)
    {
        var missing = MissingFor(wait);
        return missing <= wait.Parent.Worker.Free.CpuMillis && AllCouldGoOn(wait.Parent.Worker, wait.Parent, missing);
    }

    /// <summary>Whether each attempt of a worker could get back all that it lent, also when this one got so much of it.</summary>
    public static bool AllCouldGoOn(WorkerEntry worker, Holding? returned = null, long cpuMillis = 0)
    {
        var free = worker.Free.CpuMillis - cpuMillis;
        var lenders = new List<(long Lent, long Held)>();
        foreach (var holding in worker.Holdings)
        {
            var more = ReferenceEquals(holding, returned) ? cpuMillis : 0;
            var held = holding.IsCharged ? holding.Held.CpuMillis + more : 0;
            var lent = holding.State == HoldingState.Live ? holding.LentCpuMillis - more : 0;
            if (lent == 0)
            {
                free += held;
            }
            else
            {
                lenders.Add((lent, held));
            }
        }

        lenders.Sort();
        foreach (var (lent, held) in lenders)
        {
            if (lent > free)
            {
                return false;
            }

            free += held;
        }

        return true;
    }
}
