using BuildFarm.Scheduling.Families;
using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Executions;
using BuildFarm.Scheduling.Jobs;
using BuildFarm.Scheduling.Placement;
using BuildFarm.Scheduling.Quarantine;
using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;
using BuildFarm.Scheduling.Workers;

namespace BuildFarm.Scheduling;

/// <summary>
/// Decides. Holds no state of its own: the state, the command and the time come in, events and effects go out. One thread at a time.
/// </summary>
public sealed class Scheduler
{
    private readonly SchedulerOptions _options;
    private readonly Placer _placer;
    private readonly Turn _turn;

    /// <summary>Makes a scheduler with these options.</summary>
    public Scheduler(SchedulerOptions options)
    {
        _options = options;
        _placer = new Placer(new FirstFitPlacement());
        _turn = new Turn(options);
    }

    /// <summary>
    /// Executes one command. Each event is applied to <paramref name="state"/> before <paramref name="emit"/> sees it, so that the
    /// next decision of the same command sees what the last one took; <paramref name="emit"/> only records.
    /// </summary>
    /// <param name="state">Changed in place, only by events.</param>
    /// <param name="command">What happened.</param>
    /// <param name="now">The time of the command.</param>
    /// <param name="emit">Gets the events in order, those that are not durable included.</param>
    /// <returns>What to do outside, in order, once the durable events are.</returns>
    public IReadOnlyList<Effect> Execute(SchedulerState state, Command command, SchedulerTime now, Action<Event> emit)
    {
        var turn = _turn;
        turn.Begin(state, now, emit);
        DeadlineSweep.Run(turn);
        Settlement.Run(turn);
        Dispatch(turn, command);
        Settlement.Run(turn);
        ParentPolicy.EndChildren(turn);
        NameGrants.Run(turn);
        _placer.Run(turn);
        StragglerPolicy.StartCopies(turn);
        AgingPolicy.Watch(turn);
        EvictionPolicy.WatchEndings(turn);
        TellWorkers(turn);
        return turn.Effects;
    }

    /// <summary>
    /// When the loop must send Tick at the latest, on the monotonic clock; null when nothing is due. Changes with every command.
    /// </summary>
    public TimeSpan? NextDeadline(SchedulerState state)
    {
        if (state.Deadlines.Next is not { } next)
        {
            return null;
        }

        // While workers are watched the loop wakes often enough to tell its own pauses from their silence.
        var wakeUp = state.LastCommandAt + _options.WakeUpInterval;
        return wakeUp < next.At ? wakeUp : next.At;
    }

    private static void Dispatch(Turn turn, Command command)
    {
        switch (command)
        {
            case DeclarePools declare: PoolDeclaration.Execute(turn, declare); break;
            case SubmitJob submit: Submission.Execute(turn, submit); break;
            case CancelJob cancel: Cancellation.Execute(turn, cancel); break;
            case CancelTasks cancel: Cancellation.Execute(turn, cancel); break;
            case TaskResolved resolved: Resolution.Execute(turn, resolved); break;
            case TaskUnresolvable unresolvable: Resolution.Execute(turn, unresolvable); break;
            case ActionLookedUp lookedUp: Resolution.Execute(turn, lookedUp); break;
            case WorkerLinked linked: WorkerLink.Execute(turn, linked); break;
            case WorkerReported reported: WorkerReport.Execute(turn, reported); break;
            case WorkerUnlinked unlinked: WorkerLink.Execute(turn, unlinked); break;
            case WaitForChild wait: ParentPolicy.Execute(turn, wait); break;
            case EndWait end: ParentPolicy.Execute(turn, end); break;
            case DrainWorker drain: WorkerLink.Execute(turn, drain); break;
            case ReleaseWorker release: Release.Execute(turn, release); break;
            case Tick: break;
            case Resume: Resumption.Execute(turn); break;
            default: throw new ArgumentException($"The scheduler does not know the command {command.GetType().Name}.", nameof(command));
        }
    }

    private static void TellWorkers(Turn turn)
    {
        foreach (var worker in turn.ToTell)
        {
            worker.Marks &= ~WorkerMarks.Tell;
            turn.Do(new DesiredStateChanged(worker.Id));
        }
    }
}
