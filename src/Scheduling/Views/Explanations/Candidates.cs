using BuildFarm.Scheduling.Jobs;
using BuildFarm.Scheduling.Placement;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Views.Explanations;

/// <summary>Why an execution starts on none of the workers that can run it: others go first, or each has no room, or keeps its room for something.</summary>
internal static class Candidates
{
    public static TaskWait Explain(TaskRef task, ExecutionEntry execution, List<(WorkerEntry Worker, Resources Charge)> candidates)
    {
        var where = "in pool " + Names.Some([.. candidates.Select(static candidate => candidate.Worker.Pool.Spec.Name).Distinct(StringComparer.Ordinal)]);
        var (ahead, rules) = LineExplanation.Of(execution, candidates);
        if (!ReferenceEquals(execution.Queue!.Head, execution))
        {
            return new TaskWait(WaitReason.Line, $"{ahead} {(ahead == 1 ? "task goes" : "tasks go")} first {where}: {rules}");
        }

        var held = candidates.Select(candidate => HeldBack(task, execution, candidate.Worker, candidate.Charge)).FirstOrDefault(static held => held is not null)
            ?? (execution.Alone ? OfAlone(task, execution, candidates, where) : OfRoom(task, execution, candidates, where));
        var kept = execution.ReservedOn is { } worker ? $"; {worker.Id} is kept free for it" : "";
        var first = ahead == 0 ? "" : $"; {ahead} of other kinds {(ahead == 1 ? "goes" : "go")} first: {rules}";
        return held with { Text = held.Text + kept + first };
    }

    /// <summary>The worker has room, and a rule keeps it from what stands first; null when it has none.</summary>
    private static TaskWait? HeldBack(TaskRef task, ExecutionEntry execution, WorkerEntry worker, Resources charge)
    {
        if (worker.Isolated is { } alone)
        {
            return !execution.Alone && charge.FitsIn(worker.FreeFor(execution.Shape.OfChildren))
                ? new TaskWait(WaitReason.Isolated, $"{worker.Id} has room, and runs nothing beside {Names.Of(alone, task)}, which may kill workers")
                : null;
        }

        if (!Isolation.HasRoom(worker, execution.Queue!, charge))
        {
            return null;
        }

        if (worker.Resuming is [{ Parent: var parent }, ..])
        {
            return new TaskWait(WaitReason.ParentsResume, $"{worker.Id} starts nothing until {Names.Of(parent, task)} has the CPU back that it lent to its children");
        }

        return worker.ReservedFor is { } big && !ReferenceEquals(big, execution)
            ? new TaskWait(WaitReason.KeptFree, $"{worker.Id} has room, and is kept free for {Names.Of(big, task)}, which {big.Overtaken} others overtook")
            : null;
    }

    private static TaskWait OfAlone(TaskRef task, ExecutionEntry execution, List<(WorkerEntry Worker, Resources Charge)> candidates, string where)
    {
        var emptiest = candidates.MinBy(static candidate => candidate.Worker.Holdings.Count(static held => held.IsCharged)).Worker;
        var runs = Names.Some(emptiest.Holdings.FindAll(static held => held.IsCharged).ConvertAll(held => Names.Of(held, task)));
        return new TaskWait(
            WaitReason.RunsAlone,
            $"waits for a worker of its own {where}, because {Names.Some([.. execution.Setbacks!.LostWorkers.Select(static lost => lost.Value)])} "
            + $"{(execution.Setbacks.LostWorkers.Count == 1 ? "was" : "were")} lost while they ran it; {emptiest.Id} still runs {runs}");
    }

    private static TaskWait OfRoom(TaskRef task, ExecutionEntry execution, List<(WorkerEntry Worker, Resources Charge)> candidates, string where)
    {
        foreach (var (worker, charge) in candidates)
        {
            // Where something runs alone there is room for nobody.
            if (worker.Isolated is null && charge.FitsIn(worker.Free))
            {
                var lender = worker.Holdings.Find(static held => held.LentCpuMillis > 0);
                var who = lender is null ? "waiting tasks" : Names.Of(lender, task);
                return new TaskWait(WaitReason.LentCpu, $"waits for cpu {Amounts.Cpu(charge.CpuMillis)} {where}: what {worker.Id} has free {who} lends to its children alone");
            }
        }

        // The one that lacks the least of what it lacks first: what ends there helps soonest.
        var (closest, asked) = candidates.MinBy(candidate => Shortfall(candidate.Charge, candidate.Worker.FreeFor(execution.Shape.OfChildren)));
        var free = closest.FreeFor(execution.Shape.OfChildren);
        if (Amounts.FirstLack(asked, free) is not var (wanted, has))
        {
            return new TaskWait(WaitReason.None, "is about to be tried");
        }

        var of = candidates.Count == 1 ? $"{closest.Id} has {has} free" : $"of {candidates.Count} workers {closest.Id} is the closest, with {has} free";
        return new TaskWait(WaitReason.Room, $"waits for {wanted} {where}: {of}{Holders(task, closest, asked, free)}");
    }

    /// <summary>The share of the first thing that there is too little of, in thousandths of what is asked.</summary>
    private static long Shortfall(Resources asked, Resources free)
    {
        if (asked.CpuMillis > free.CpuMillis)
        {
            return Share(asked.CpuMillis, free.CpuMillis);
        }

        if (asked.MemoryBytes > free.MemoryBytes)
        {
            return Share(asked.MemoryBytes, free.MemoryBytes);
        }

        return asked.Named.FirstAbove(free.Named) is { } name ? Share(asked.Named[name], free.Named[name]) : 0;
    }

    private static long Share(long asked, long free) => (long)((asked - free) * 1000m / asked);

    private static string Holders(TaskRef task, WorkerEntry worker, Resources asked, Resources free)
    {
        var amount = AmountOfLack(asked, free);
        var holders = worker.Holdings
            .FindAll(held => held.IsCharged && amount(held.Held) > 0)
            .OrderByDescending(held => amount(held.Held))
            .Select(held => Names.Of(held, task))
            .ToList();
        return holders.Count == 0 ? "" : $"; {Names.Some(holders)} {(holders.Count == 1 ? "holds" : "hold")} the rest";
    }

    private static Func<Resources, long> AmountOfLack(Resources asked, Resources free) =>
        asked.CpuMillis > free.CpuMillis ? static held => held.CpuMillis
        : asked.MemoryBytes > free.MemoryBytes ? static held => held.MemoryBytes
        : asked.Named.FirstAbove(free.Named) is { } name ? held => held.Named[name]
        : static _ => 0;
}
