using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Invariants;

/// <summary>Of all attempts that may still run, on whatever worker, no two have one exclusive name; and no name is free for who waits for it.</summary>
internal static class NameInvariants
{
    public static void Check(SchedulerState state, List<string> faults)
    {
        var held = new Dictionary<string, Holding>(StringComparer.Ordinal);
        foreach (var worker in state.WorkersById.Values)
        {
            foreach (var holding in worker.Holdings.FindAll(static holding => holding.IsCharged))
            {
                foreach (var name in holding.Exclusive)
                {
                    faults.Require(held.TryAdd(name, holding), $"'{name}' is had by {holding.Lease} on {worker.Id} and by {held[name].Lease} on {held[name].Worker.Id}");
                }
            }
        }

        var waiting = 0;
        foreach (var (key, name) in state.Names)
        {
            faults.Require(ReferenceEquals(name.HeldBy, held.GetValueOrDefault(key)), $"'{key}' counts as had by {name.HeldBy?.Lease}, and {held.GetValueOrDefault(key)?.Lease} has it");
            faults.Require(name.HeldBy is null || name.TakenBy is null, $"'{key}' was given to {name.TakenBy?.Id} while {name.HeldBy?.Lease} has it");
            faults.Require(name.TakenBy is null or { Phase: ExecutionPhase.Queued }, $"'{key}' is kept for {name.TakenBy?.Id}, which does not wait");
            faults.Require(!name.IsUnused, $"'{key}' is kept for nobody");
            waiting += name.WaitingCount;
            held.Remove(key);
        }

        faults.Require(held.Count == 0, $"{held.Count} exclusive names are had and not known");
        foreach (var execution in state.Executions.Values)
        {
            if (execution.Phase != ExecutionPhase.Claiming)
            {
                continue;
            }

            waiting -= execution.Claims.Length;
            faults.Require(execution.Claims.Length == execution.Exclusive.Length, $"{execution.Id} waits for {execution.Claims.Length} of {execution.Exclusive.Length} names");
            faults.Require(!SchedulerState.CanTakeNames(execution), $"{execution.Id} waits though its names are free");
        }

        faults.Require(waiting == 0, $"{waiting} places are in queues of names for nobody");
    }
}
