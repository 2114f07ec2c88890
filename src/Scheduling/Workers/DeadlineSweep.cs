using BuildFarm.Scheduling.Families;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Executions;
using BuildFarm.Scheduling.Jobs;
using BuildFarm.Scheduling.Quarantine;
using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Workers;

/// <summary>
/// What every command begins with: deadlines that have come are acted on. When the loop itself was away, the workers could not be
/// heard, so their leases start again instead.
/// </summary>
internal static class DeadlineSweep
{
    public static void Run(Turn turn)
    {
        var state = turn.State;
        var now = turn.Now.Monotonic;
        var paused = state.LastCommandAt is { } last && now - last > turn.Options.PauseThreshold;
        state.LastCommandAt = now;
        if (paused)
        {
            RenewLeases(turn);
        }

        ActOnWhatIsDue(turn);
    }

    public static void ActOnWhatIsDue(Turn turn)
    {
        while (turn.State.Deadlines.Next is { } due && due.At <= turn.Now.Monotonic)
        {
            switch (due.Owner)
            {
                case WorkerEntry { Lost: true } worker: turn.Emit(new WorkerForgotten(worker.Id)); break;
                case WorkerEntry worker: WorkerLink.Lose(turn, worker); break;
                case Conduct conduct: WorkerQuarantine.Release(turn, conduct.Worker, onProbation: true); break;
                case JobDeadlines deadlines: DeadlinePolicy.Ring(turn, deadlines); break;
                case PriorityBand band: AgingPolicy.Look(turn, band); break;
                case ParentWait wait: ParentPolicy.Ring(turn, wait); break;
                case ExecutionEntry execution: StragglerPolicy.Ring(turn, execution); break;
                case Holding holding: EvictionPolicy.Look(turn, holding); break;
                default: throw new InvalidOperationException($"Nobody knows what to do for a deadline of {due.Owner}.");
            }
        }
    }

    /// <summary>Every worker that is not lost gets a whole lease to be heard, and every one the whole time for what it was told to end.</summary>
    public static void RenewLeases(Turn turn)
    {
        foreach (var worker in turn.State.WorkersById.Values)
        {
            if (!worker.Lost || !worker.Deadline.IsSet)
            {
                var rest = worker.Lost ? WorkerLink.MemoryOf(turn, worker) : turn.Options.LeaseDuration;
                turn.Emit(new WorkerDeadlineSet(worker.Id, turn.Now.Monotonic + rest, HeardAt: null));
            }

            // One that is lost may be back a moment later, and has not been heard either.
            EvictionPolicy.Renew(turn, worker);
        }
    }
}
