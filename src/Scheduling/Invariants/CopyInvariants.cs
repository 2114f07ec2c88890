namespace BuildFarm.Scheduling.Invariants;

/// <summary>What pools count of second attempts is what there is.</summary>
internal static class CopyInvariants
{
    public static void Check(SchedulerState state, List<string> faults)
    {
        foreach (var pool in state.PoolsByName.Values)
        {
            var (offered, copied) = (0L, 0L);
            foreach (var worker in pool.Workers)
            {
                offered += worker.Offer.Capacity.CpuMillis;
                foreach (var holding in worker.Holdings)
                {
                    copied += ReferenceEquals(holding.Execution?.Copy, holding) ? holding.Charge.CpuMillis : 0;
                }
            }

            faults.Require(
                offered == pool.CpuMillis && copied == pool.CopiedCpuMillis,
                $"pool {pool.Spec.Name} has {copied} of {offered} CPU millis in copies, and counts {pool.CopiedCpuMillis} of {pool.CpuMillis}");
        }
    }
}
