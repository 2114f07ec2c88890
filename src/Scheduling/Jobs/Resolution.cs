using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Jobs;

/// <summary>Brings a task from its needs to an execution: resolve, merge or look up, queue.</summary>
internal static class Resolution
{
    /// <summary>The needs of a task have succeeded.</summary>
    public static void Begin(Turn turn, TaskRef task)
    {
        turn.Emit(new TaskResolving(task.Id));
        turn.Do(new ResolveTask(task.Id));
        turn.Changed(task);
    }

    public static void Execute(Turn turn, TaskResolved resolved)
    {
        if (FindResolving(turn, resolved.Task) is not { } task)
        {
            return;
        }

        var cacheable = resolved.Cacheable && task.Spec.Cacheable;
        if (cacheable && turn.State.InFlight.TryGetValue(resolved.Action, out var equal))
        {
            turn.Emit(new TaskMerged(task.Id, equal.Id));
            turn.Moved(equal);
            turn.Changed(task);
            return;
        }

        var id = turn.State.NextExecution;
        turn.Emit(new ExecutionCreated(id, resolved.Action, task.Id, cacheable) { Locality = resolved.Locality });
        if (cacheable && !task.Spec.SkipLookUp)
        {
            turn.Do(new LookUpAction(id, resolved.Action, task.Id));
        }
        else
        {
            Enqueue(turn, turn.State.Executions[id]);
        }
    }

    public static void Execute(Turn turn, TaskUnresolvable unresolvable)
    {
        if (FindResolving(turn, unresolvable.Task) is { } task)
        {
            var outcome = unresolvable.Outcome is Outcome.Success or Outcome.Unspecified ? Outcome.Infrastructure : unresolvable.Outcome;
            Settlement.Finish(turn, task, outcome, unresolvable.Reason);
        }
    }

    public static void Execute(Turn turn, ActionLookedUp lookedUp)
    {
        if (!turn.State.Executions.TryGetValue(lookedUp.Execution, out var execution) || execution.Phase != ExecutionPhase.LookingUp)
        {
            return;
        }

        if (lookedUp.Hit is { } hit && !AnyWaiterWantsARun(execution))
        {
            Settlement.Finish(turn, execution, new CompletionReport(Outcome.Success, Result: hit), ResultOrigin.ActionCache);
        }
        else
        {
            Enqueue(turn, execution);
        }
    }

    /// <summary>An execution waits for a worker for the first time.</summary>
    public static void Enqueue(Turn turn, ExecutionEntry execution)
    {
        turn.Emit(new ExecutionQueued(execution.Id, turn.Now.Wall));
        turn.WaitersChanged(execution);
        turn.Try(execution);
    }

    /// <summary>One that merged while the look-up went on may not be told of an older run.</summary>
    private static bool AnyWaiterWantsARun(ExecutionEntry execution)
    {
        foreach (var task in execution.Waiters)
        {
            if (task.Spec.SkipLookUp)
            {
                return true;
            }
        }

        return false;
    }

    private static TaskRef? FindResolving(Turn turn, TaskId id) =>
        turn.State.FindRef(id) is { } task && task.Entry.Step == TaskStep.Resolving ? task : null;
}
