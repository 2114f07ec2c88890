using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Jobs;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Executions;

/// <summary>Ends attempts: by a completion under a live lease, or by the loss of their worker.</summary>
internal static class Attempts
{
    /// <summary>
    /// Takes a completion once. Under a lease that is not live it changes nothing; that is counted, unless the same completion was
    /// taken before and is only repeated.
    /// </summary>
    public static void Complete(Turn turn, WorkerEntry worker, Lease lease, CompletionReport report)
    {
        var holding = worker.Find(lease);
        if (holding is not { State: HoldingState.Live, Execution: { } execution })
        {
            if (holding is null or { State: HoldingState.Ending, Refused: false })
            {
                turn.Emit(new CompletionRefused(worker.Id, lease));
            }

            return;
        }

        switch (report.Outcome)
        {
            case Outcome.Cancelled when worker.IsDraining:
                Requeue(turn, execution, RequeueCause.Released, $"given back by worker {worker.Id}, which drains");
                break;
            case Outcome.Cancelled:
                LoseToInfrastructure(
                    turn, execution, RequeueCause.Infrastructure, OrElse(report.Message, $"given up by worker {worker.Id}"));
                break;
            case Outcome.Infrastructure or Outcome.Unspecified:
                LoseToInfrastructure(
                    turn, execution, RequeueCause.Infrastructure, OrElse(report.Message, $"worker {worker.Id} could not run it"));
                break;
            case Outcome.Failure or Outcome.Timeout when execution.TaskFailures < execution.Retries:
                Requeue(turn, execution, RequeueCause.TaskRetry, OrElse(report.Message, $"attempt {lease.Epoch} failed"));
                break;
            default:
                Accept(turn, execution, report);
                break;
        }

        turn.Tell(worker);
        turn.Place(worker);
    }

    /// <summary>The worker is gone, and the attempt with it.</summary>
    public static void LoseAll(Turn turn, WorkerEntry worker, string message)
    {
        List<ExecutionEntry>? lost = null;
        foreach (var holding in worker.Holdings)
        {
            if (holding.Execution is { } execution)
            {
                lost ??= [];
                lost.Add(execution);
            }
        }

        if (lost is not null)
        {
            foreach (var execution in lost)
            {
                LoseToInfrastructure(turn, execution, RequeueCause.WorkerLost, message);
            }
        }
    }

    /// <summary>The worker heard of the attempt and does not have it.</summary>
    public static void LoseMissing(Turn turn, WorkerEntry worker, ExecutionEntry execution)
    {
        if (worker.DrainsByItself)
        {
            Requeue(turn, execution, RequeueCause.Declined, $"not started by worker {worker.Id}, which drains");
        }
        else
        {
            LoseToInfrastructure(turn, execution, RequeueCause.Missing, $"worker {worker.Id} no longer has it");
        }

        turn.Tell(worker);
    }

    private static void Accept(Turn turn, ExecutionEntry execution, CompletionReport report)
    {
        if (report is { Outcome: Outcome.Success, ExitCode: 0, Result: { } result } && execution.Cacheable)
        {
            turn.Do(new StoreAction(
                new Lease(execution.Id, execution.Epoch), execution.Action, execution.FirstWaiter!.Value.Id, result, execution.Worker!.Id));
        }

        Settlement.Finish(turn, execution, report, ResultOrigin.Executed);
    }

    private static void LoseToInfrastructure(Turn turn, ExecutionEntry execution, RequeueCause cause, string message)
    {
        if (execution.InfrastructureLosses + 1 < turn.Options.InfrastructureBudget)
        {
            Requeue(turn, execution, cause, message);
            return;
        }

        turn.Emit(new AttemptRequeued(new Lease(execution.Id, execution.Epoch), cause, message));
        GiveUp(turn, execution, message);
    }

    /// <summary>Too many attempts were lost to infrastructure: the execution ends.</summary>
    public static void GiveUp(Turn turn, ExecutionEntry execution, string lastMessage)
    {
        var text = $"{execution.InfrastructureLosses} attempts were lost for reasons of the farm; the last: {lastMessage}";
        Settlement.Finish(turn, execution, new CompletionReport(Outcome.Infrastructure, Message: text), ResultOrigin.Unspecified);
    }

    private static void Requeue(Turn turn, ExecutionEntry execution, RequeueCause cause, string message)
    {
        turn.Emit(new AttemptRequeued(new Lease(execution.Id, execution.Epoch), cause, message));
        turn.WaitersChanged(execution);
        turn.Try(execution);
    }

    private static string OrElse(string message, string otherwise) => message.Length > 0 ? message : otherwise;
}
