using BuildFarm.Scheduling.Jobs;
using BuildFarm.Scheduling.Quarantine;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Views;

/// <summary>Answers "why is this waiting?" from the state alone.</summary>
internal static class Explanation
{
    public static string Of(TaskRef task) => task.Entry switch
    {
        { End: { } end } => end.Message.Length > 0 ? $"finished: {end.Outcome}: {end.Message}" : $"finished: {end.Outcome}",
        { Step: TaskStep.Waiting } => OfWaiting(task),
        { Execution: { } execution } => Of(execution),
        _ => "its action is being made",
    };

    private static string OfWaiting(TaskRef task)
    {
        string? first = null;
        var more = -1;
        foreach (var need in task.Spec.Needs)
        {
            var needed = new TaskRef(task.Job, need);
            if (needed.Entry.End is { Outcome: Outcome.Success })
            {
                continue;
            }

            first ??= $"{needed.Spec.Name}, which is {JobViews.PhaseOf(needed.Entry).ToString().ToLowerInvariant()}";
            more++;
        }

        return $"waits for {first}" + (more > 0 ? $", and {more} more" : "");
    }

    private static string Of(ExecutionEntry execution) => execution.Phase switch
    {
        ExecutionPhase.LookingUp => "its action is being looked up in the cache",
        ExecutionPhase.Claiming => OfClaiming(execution),
        ExecutionPhase.Running => $"runs on {execution.Worker!.Id}, attempt {execution.Live!.Lease.Epoch}"
            + (execution.Copy is { } copy ? $", and on {copy.Worker.Id}, attempt {copy.Lease.Epoch}, because the first takes long" : "") + OfWaits(execution.Live),
        _ => OfQueued(execution),
    };

    private static string OfWaits(Holding attempt) => attempt.Family?.Waits switch
    {
        null or [] => "",
        var waits when waits.Find(static wait => wait.Step == WaitStep.Waiting) is { } wait =>
            $", and lends its CPU to children while it waits for {wait.Child}" + (waits.Count > 1 ? $" and {waits.Count - 1} more" : ""),
        var waits when waits.Exists(static wait => wait.Step == WaitStep.Resuming) => ", and waits until children on its worker give its CPU back",
        _ => ", and does itself what its children did not",
    };

    private static string OfClaiming(ExecutionEntry execution)
    {
        foreach (var claim in execution.Claims)
        {
            var name = claim.Name;
            if (name.HeldBy is { } attempt)
            {
                var ending = (attempt.State, attempt.Worker.Lost) switch
                {
                    (HoldingState.Live, _) => "",
                    (_, true) => ", which is lost: it comes free when the worker returns, is restarted or is forgotten",
                    _ => ", where it is being ended",
                };
                return $"waits for '{name.Name}', which attempt {attempt.Lease} has on {attempt.Worker.Id}{ending}";
            }

            if (name.TakenBy is { } execution2)
            {
                return $"waits for '{name.Name}', which {execution2.FirstWaiter?.Id} has, and that waits for a worker";
            }

            if (!ReferenceEquals(name.Next, execution))
            {
                return $"waits for '{name.Name}', for which {name.Next!.FirstWaiter?.Id} stands first";
            }
        }

        return "is about to take its exclusive names";
    }

    private static string OfQueued(ExecutionEntry execution)
    {
        var shape = execution.Shape;
        if (shape.Pools.Length == 0)
        {
            return $"no declared pool offers {shape.Platform}";
        }

        string? lack = null;
        foreach (var (pool, charge) in shape.Pools)
        {
            switch (LinkedOf(pool))
            {
                case 0:
                    lack ??= $"no worker is linked in pool {pool.Spec.Name}";
                    continue;
                case -1:
                    lack ??= OutOfUse(pool);
                    continue;
            }

            if (LackOnLinked(pool, charge) is { } missing)
            {
                lack ??= missing;
                continue;
            }

            var kept = execution.ReservedOn is { } worker ? $"; {worker.Id} is kept free for it" : "";
            if (CountAhead(execution) is > 0 and var ahead)
            {
                return $"{ahead} tasks of its kind are ahead in pool {pool.Spec.Name}{kept}";
            }

            return execution.Alone
                ? $"waits for a worker of its own in pool {pool.Spec.Name}: {string.Join(", ", execution.Setbacks!.LostWorkers)} were lost while they ran it{kept}"
                : $"the next of its kind in pool {pool.Spec.Name}: waits for {Amounts.All(charge)} to come free{kept}";
        }

        return lack!;
    }

    /// <summary>How many workers take attempts; -1 when all that are linked are draining, evicted or in quarantine.</summary>
    private static int LinkedOf(PoolEntry pool)
    {
        var (ready, away) = (0, 0);
        foreach (var worker in pool.Workers)
        {
            ready += worker.TakesWork ? 1 : 0;
            away += worker is { Linked: true, TakesWork: false } ? 1 : 0;
        }

        return ready > 0 || away == 0 ? ready : -1;
    }

    /// <summary>Names one in quarantine when there is one: an operator can do something about it.</summary>
    private static string OutOfUse(PoolEntry pool)
    {
        foreach (var worker in pool.Workers)
        {
            if (worker is { Linked: true, Evicted.Length: > 0 })
            {
                return $"worker {worker.Id} of pool {pool.Spec.Name} is out of service: {worker.Evicted}";
            }

            if (worker is { Linked: true, IsQuarantined: true })
            {
                return $"every worker of pool {pool.Spec.Name} is draining or in quarantine; {worker.Id} is {WorkerQuarantine.Describe(worker.Conduct)}";
            }
        }

        return $"every worker of pool {pool.Spec.Name} is draining";
    }

    private static string? LackOnLinked(PoolEntry pool, Resources charge)
    {
        var largest = Resources.None;
        foreach (var worker in pool.Workers)
        {
            if (!worker.TakesWork)
            {
                continue;
            }

            var capacity = worker.Offer.Capacity;
            if (charge.FitsIn(capacity))
            {
                return null;
            }

            largest = largest.Max(capacity);
        }

        return Amounts.FirstLack(charge, largest) is var (wanted, has)
            ? $"no worker now in pool {pool.Spec.Name} has {wanted}; the largest has {has}"
            : $"no one worker now in pool {pool.Spec.Name} has {Amounts.All(charge)} together";
    }

    /// <summary>
    /// Walks the queue of its shape once; asked by people, not by decisions. Flows take turns, so of each other flow about as many go
    /// first as of its own.
    /// </summary>
    private static int CountAhead(ExecutionEntry execution)
    {
        var own = 0;
        foreach (var other in execution.Place!.Items)
        {
            own += other.GoesBefore(execution) ? 1 : 0;
        }

        var ahead = own;
        foreach (var band in execution.Queue!.Bands)
        {
            var outranks = band.OutRanks(execution.Place.Band);
            foreach (var flow in band.Flows)
            {
                if (outranks == true)
                {
                    ahead += flow.Count;
                }
                else if (outranks is null && !ReferenceEquals(flow, execution.Place))
                {
                    ahead += Math.Min(flow.Count, own + (flow.Flow.GoesBefore(execution.Flow) ? 1 : 0));
                }
            }
        }

        return ahead;
    }
}
