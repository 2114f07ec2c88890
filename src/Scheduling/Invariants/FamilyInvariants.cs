using BuildFarm.Scheduling.Families;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Invariants;

/// <summary>
/// An attempt lends what its waits leave idle and no more, children belong to attempts that are live, every wait has an end in sight,
/// and nobody that has room for its CPU is kept waiting for it.
/// </summary>
internal static class FamilyInvariants
{
    public static void Check(SchedulerState state, List<string> faults)
    {
        foreach (var worker in state.WorkersById.Values)
        {
            Check(state, worker, faults);
        }

        foreach (var job in state.JobsById.Values)
        {
            faults.Require(
                job.Spec.Parent is not { } parent || state.FindLive(parent)?.Family?.Children.Contains(job) == true,
                $"child {job.Id} goes on without its parent {job.Spec.Parent}");
        }
    }

    private static void Check(SchedulerState state, WorkerEntry worker, List<string> faults)
    {
        var (lent, resuming) = (0L, 0);
        foreach (var holding in worker.Holdings)
        {
            faults.Require(holding.LentCpuMillis >= 0 && holding.LentCpuMillis <= holding.Charge.CpuMillis, $"{holding.Lease} lends {holding.LentCpuMillis}");
            faults.Require(holding.Family is null || holding.State == HoldingState.Live, $"{holding.Lease} is {holding.State} and has children");
            if (holding.State != HoldingState.Live)
            {
                continue;
            }

            lent += holding.LentCpuMillis;
            faults.Require(holding.LentCpuMillis == (holding.Family?.LentOf(holding.Charge.CpuMillis) ?? 0), $"{holding.Lease} lends {holding.LentCpuMillis}, and its waits say otherwise");
            foreach (var wait in holding.Family?.Waits ?? [])
            {
                resuming += wait.Step == WaitStep.Resuming ? 1 : 0;
                faults.Require(
                    wait.Step != WaitStep.Waiting || (wait.Alarm.IsSet && state.JobsById.TryGetValue(wait.Child, out var child) && child.Waits!.Contains(wait)),
                    $"{holding.Lease} waits for {wait.Child} without an end");
            }
        }

        faults.Require(lent == worker.LentCpuMillis, $"{worker.Id} lends {lent}, and counts {worker.LentCpuMillis}");
        faults.Require(resuming == worker.Resuming.Count, $"{resuming} waits of {worker.Id} want their CPU back, and {worker.Resuming.Count} stand in line");
        faults.Require(LentCpu.AllCouldGoOn(worker), $"attempts of {worker.Id} hold the CPU that others of them lent, and wait for one another");
        foreach (var wait in worker.Resuming)
        {
            faults.Require(!LentCpu.MayReturn(wait), $"{wait.Parent.Lease} is not given its CPU back, and {worker.Id} has it");
        }
    }
}
