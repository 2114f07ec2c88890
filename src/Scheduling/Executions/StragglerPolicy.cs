using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Executions;

/// <summary>
/// Gives a second worker what takes much longer than it should, when that costs nobody else anything: nothing waits in that
/// worker's pool, and copies hold a bounded part of its CPU. An execution that runs is looked at when it is late, and again from time
/// to time while there is no room for a copy; no other command looks at it.
/// </summary>
internal static class StragglerPolicy
{
    /// <summary>
    /// An attempt is the only one of its execution from now on. How long it has run already the wall clock says, as after a restart:
    /// when that is set meanwhile a copy comes too early or too late, which costs its CPU and nothing else.
    /// </summary>
    public static void Watch(Turn turn, ExecutionEntry execution)
    {
        if (MayHaveCopy(turn, execution))
        {
            var ran = turn.Now.Wall - execution.Live!.StartedAt!.Value;
            turn.Emit(new StragglerAlarmSet(execution.Id, turn.Now.Monotonic + Wait(turn, execution, ran > TimeSpan.Zero ? ran : TimeSpan.Zero)));
        }
    }

    /// <summary>It runs for too long. Copies are started after everything that waits was placed.</summary>
    public static void Ring(Turn turn, ExecutionEntry execution)
    {
        turn.Emit(new StragglerAlarmSet(execution.Id, turn.Now.Monotonic + turn.Options.CopyRetryInterval));
        if (execution.Live is { } late)
        {
            turn.ToCopy.Add(late);
        }
    }

    /// <summary>The last of all placements of a command.</summary>
    public static void StartCopies(Turn turn)
    {
        foreach (var late in turn.ToCopy)
        {
            // What was late may have ended in the same command, and its execution begun anew.
            if (late.Execution is { } execution && ReferenceEquals(execution.Live, late) && MayHaveCopy(turn, execution) && Choose(turn, execution) is var (worker, charge))
            {
                turn.Emit(new CopyStarted(new Lease(execution.Id, execution.Epoch + 1), worker.Id, charge, turn.Now.Wall));
                turn.WaitersChanged(execution);
                turn.Tell(worker);
            }
        }
    }

    /// <summary>
    /// How long it is expected to run must be known, and running it twice must be harmless, which is what being cacheable says;
    /// it has no name that no two attempts may have. One more loss of each of two attempts must not be more than an execution may lose, and one that may kill workers gets one at a
    /// time.
    /// </summary>
    private static bool MayHaveCopy(Turn turn, ExecutionEntry execution) =>
        turn.Options.CopyFactor > 0
        && execution is { Phase: ExecutionPhase.Running, Copy: null, Cacheable: true, Exclusive.IsEmpty: true, ExpectedTicks: > 0, Live: { StartedAt: not null, Family: null } }
        && execution.Setbacks is not { LostWorkers.Count: > 0 }
        && execution.InfrastructureLosses + 2 <= turn.Options.InfrastructureBudget;

    private static TimeSpan Wait(Turn turn, ExecutionEntry execution, TimeSpan ran)
    {
        var late = new TimeSpan((long)Math.Min(execution.ExpectedTicks * turn.Options.CopyFactor, TimeSpan.TicksPerDay * 365d));
        var due = late > turn.Options.CopyMinimum ? late : turn.Options.CopyMinimum;
        return due > ran ? due - ran : turn.Options.CopyRetryInterval;
    }

    private static (WorkerEntry Worker, Resources Charge)? Choose(Turn turn, ExecutionEntry execution)
    {
        foreach (var (pool, charge) in execution.Shape.Pools)
        {
            if (pool.Waiting.Count > 0 || !IsWithinShare(turn, pool, charge))
            {
                continue;
            }

            for (var i = pool.FirstWithRoom(); i < pool.Workers.Count; i++)
            {
                var worker = pool.Workers[i];
                if (worker is { IsPlaceable: true, ReservedFor: null }
                    && !ReferenceEquals(worker, execution.Worker)
                    && charge.FitsIn(worker.FreeFor(children: false))
                    && execution.Avoid?.Contains(worker.Id) != true)
                {
                    return (worker, charge);
                }
            }
        }

        return null;
    }

    /// <summary>One copy is always within it, however small the pool.</summary>
    private static bool IsWithinShare(Turn turn, PoolEntry pool, Resources charge) =>
        pool.CopiedCpuMillis == 0 || (pool.CopiedCpuMillis + charge.CpuMillis) * 100 <= pool.CpuMillis * turn.Options.CopyPercent;
}
