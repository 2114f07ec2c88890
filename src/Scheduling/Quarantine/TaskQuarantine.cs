using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Quarantine;

/// <summary>
/// Ends a task that kills workers before it has killed them all.
/// <para>
/// That a worker was lost says that something on it may have killed it, not what. So every loss accuses all that ran there, and
/// condemns none of them as long as they were several: what the next lost worker would end runs alone from then on, on a worker
/// that has nothing else. There what is innocent ends, and what kills is caught. To run alone costs a worker, therefore it comes
/// last: a machine that dies once costs nothing but the attempts that it had.
/// </para>
/// Only the loss of a worker accuses. One that was lost while it drained was taken away, and one that a coordinator missed when it
/// came back may have died of anything; neither says anything of its tasks.
/// </summary>
internal static class TaskQuarantine
{
    /// <summary>What the loss of its worker is to an attempt.</summary>
    public static RequeueCause CauseFor(Turn turn, Holding lost)
    {
        if (lost.Worker.IsDraining)
        {
            return RequeueCause.Evicted;
        }

        return lost.Worker.HeardHere && (lost.Alone || !WouldCondemn(turn, lost)) ? RequeueCause.WorkerLost : RequeueCause.WorkerAway;
    }

    /// <summary>Whether what loses an attempt now would be ended by the next worker that is lost, after at least one was.</summary>
    public static bool MustRunAlone(Turn turn, ExecutionEntry execution, WorkerEntry worker, RequeueCause cause)
    {
        var lost = execution.Setbacks?.LostWorkers ?? [];
        var more = cause == RequeueCause.WorkerLost && !lost.Contains(worker.Id) ? 1 : 0;
        return lost.Count + more > 0
            && (lost.Count + more + 1 >= turn.Options.TaskQuarantineWorkers
                || execution.InfrastructureLosses + 2 >= turn.Options.InfrastructureBudget);
    }

    /// <summary>Whether this loss ends it, after others: two attempts at once may lose two workers before one of them was alone.</summary>
    private static bool WouldCondemn(Turn turn, Holding lost) =>
        lost.Execution!.Setbacks?.LostWorkers is { Count: > 0 } before
        && !before.Contains(lost.Worker.Id)
        && before.Count + 1 >= turn.Options.TaskQuarantineWorkers;

    /// <summary>Whether it has killed too many.</summary>
    public static bool IsCondemned(Turn turn, ExecutionEntry execution) =>
        execution.Setbacks?.LostWorkers.Count >= turn.Options.TaskQuarantineWorkers;

    /// <summary>One line for people, that names the workers.</summary>
    public static string ReasonOf(ExecutionEntry execution)
    {
        var lost = execution.Setbacks!.LostWorkers;
        var alone = lost.Count > 1 ? ", on the last of them alone" : "";
        return $"in quarantine: {lost.Count} workers were lost while they ran it{alone}: {string.Join(", ", lost)}";
    }
}
