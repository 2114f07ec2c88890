using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Invariants;

/// <summary>
/// A worker never holds more than it offers, what it holds is exactly the sum of its attempts, and each live one is the newest of its
/// execution.
/// </summary>
internal static class WorkerInvariants
{
    public static void Check(SchedulerState state, List<string> faults)
    {
        foreach (var worker in state.WorkersById.Values)
        {
            Check(worker, faults);
        }
    }

    private static void Check(WorkerEntry worker, List<string> faults)
    {
        var held = Resources.None;
        var leases = new HashSet<Lease>();
        foreach (var holding in worker.Holdings)
        {
            held += holding.IsCharged ? holding.Held : Resources.None;
            faults.Require(leases.Add(holding.Lease), $"{worker.Id} holds {holding.Lease} twice");
            faults.Require(
                holding.State == HoldingState.Live == holding.Execution is not null,
                $"{worker.Id}: {holding.Lease} is {holding.State}");
            if (holding.Execution is { } execution)
            {
                faults.Require(
                    ReferenceEquals(holding.Worker, worker) && (ReferenceEquals(execution.Live, holding) || ReferenceEquals(execution.Copy, holding)),
                    $"{worker.Id} holds {holding.Lease} as live, which is {execution.Live?.Lease} on {execution.Worker?.Id}");
            }
            else
            {
                faults.Require(
                    holding.State != HoldingState.Ending || holding.IsWatched || worker is { Linked: false } or { Lost: true } or { Evicted.Length: > 0 },
                    $"{worker.Id} may take for ever to end {holding.Lease}");
                faults.Require(
                    holding.GoneAt > 0 && holding.GoneAt <= worker.Revision,
                    $"{worker.Id}: {holding.Lease} ended at revision {holding.GoneAt}");
            }
        }

        CheckConduct(worker, faults);
        faults.Require(held == worker.InUse, $"{worker.Id} holds {held}, and counts {worker.InUse}");
        faults.Require(worker.InUse.FitsIn(worker.Offer.Capacity), $"{worker.Id} was given {worker.InUse} of {worker.Offer.Capacity}");
        faults.Require(
            worker.Lost == worker.PoolIndex < 0,
            $"{worker.Id} is {(worker.Lost ? "lost" : "not lost")} with place {worker.PoolIndex} in its pool");
        faults.Require(worker.Deadline.IsSet, $"{worker.Id} has no deadline: it could be silent for ever");
        faults.Require(worker.Marks == WorkerMarks.None, $"{worker.Id} is still marked {worker.Marks}");
        faults.Require(
            worker.ReservedFor is not { } kept || ReferenceEquals(kept.ReservedOn, worker),
            $"{worker.Id} is kept free for something that does not know it");
        // What parents want back there comes first, and is soon over.
        faults.Require(
            worker.ReservedFor is null || worker is { TakesWork: true, Isolated: null },
            $"{worker.Id} is kept free for {worker.ReservedFor?.Id}, which cannot start there");
    }

    private static void CheckConduct(WorkerEntry worker, List<string> faults)
    {
        var charged = worker.Holdings.FindAll(static holding => holding.IsCharged);
        var alone = charged.Find(static holding => holding.Alone);
        faults.Require(alone is null || charged.Count == 1, $"{worker.Id} holds {alone?.Lease}, which runs alone, and {charged.Count - 1} more");
        faults.Require(ReferenceEquals(alone, worker.Isolated), $"{worker.Id} holds {alone?.Lease} alone, and is kept for {worker.Isolated?.Lease}");
        faults.Require(
            worker.IsQuarantined == worker.Conduct.Alarm.IsSet,
            $"{worker.Id} is {(worker.IsQuarantined ? "in quarantine for ever" : "in no quarantine that could end")}");
    }
}
