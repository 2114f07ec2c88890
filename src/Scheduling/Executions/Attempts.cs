using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Jobs;
using BuildFarm.Scheduling.Memory;
using BuildFarm.Scheduling.Quarantine;
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
            case not Outcome.Success when execution.Copy is not null:
                Copies.EndOne(turn, holding, report);
                break;
            case Outcome.Cancelled when worker.IsDraining:
                Requeue(turn, execution, RequeueCause.Released, $"given back by worker {worker.Id}, which drains");
                break;
            case Outcome.Cancelled:
                LoseToInfrastructure(
                    turn, execution, RequeueCause.Infrastructure, OrElse(report.Message, $"given up by worker {worker.Id}"));
                break;
            case Outcome.Infrastructure when report.InputsMissing:
                LoseToInfrastructure(
                    turn, execution, RequeueCause.InputsMissing, OrElse(report.Message, "the CAS no longer has what it reads"));
                break;
            case Outcome.Infrastructure or Outcome.Unspecified:
                LoseToInfrastructure(
                    turn, execution, RequeueCause.Infrastructure, OrElse(report.Message, $"worker {worker.Id} could not run it"));
                break;
            case Outcome.Failure or Outcome.Timeout when execution.TaskFailures < execution.Retries:
                Requeue(turn, execution, RequeueCause.TaskRetry, OrElse(report.Message, $"attempt {lease.Epoch} failed"));
                break;
            case Outcome.OutOfMemory when MemoryRetry.FindMore(execution, holding.Charge) is { } more:
                RetryWithMore(turn, execution, report, more);
                break;
            case Outcome.OutOfMemory:
                Accept(turn, execution, holding, report with { Message = MemoryRetry.Explain(execution, holding.Charge, report.Message) });
                break;
            default:
                Accept(turn, execution, holding, report);
                break;
        }

        WorkerQuarantine.Judge(turn, worker);
        turn.Tell(worker);
        turn.Place(worker);
    }

    /// <summary>The worker is gone or of no use, and the attempt with it. Without a cause each attempt is judged by itself.</summary>
    public static void LoseAll(Turn turn, WorkerEntry worker, string message, RequeueCause? cause = null)
    {
        foreach (var holding in worker.Holdings.FindAll(static held => held.Execution is not null))
        {
            Lose(turn, holding, cause ?? TaskQuarantine.CauseFor(turn, holding), message);
        }
    }

    /// <summary>The worker heard of the attempt and does not have it.</summary>
    public static void LoseMissing(Turn turn, Holding holding)
    {
        var worker = holding.Worker;
        if (worker.DrainsByItself)
        {
            Lose(turn, holding, RequeueCause.Declined, $"not started by worker {worker.Id}, which drains");
        }
        else
        {
            Lose(turn, holding, RequeueCause.Missing, $"worker {worker.Id} no longer has it");
        }

        turn.Tell(worker);
    }

    private static void RetryWithMore(Turn turn, ExecutionEntry execution, CompletionReport report, long memoryBytes)
    {
        var message = $"{OrElse(report.Message, "out of memory")}; it runs once more with {Amounts.Memory(memoryBytes)}";
        turn.Emit(new AttemptRequeued(execution.Live!.Lease, RequeueCause.OutOfMemory, message) { MemoryBytes = memoryBytes });
        turn.WaitersChanged(execution);
        turn.Try(execution);
    }

    private static void Lose(Turn turn, Holding holding, RequeueCause cause, string message)
    {
        if (holding.Execution is { Copy: not null })
        {
            Copies.EndOne(turn, holding, cause, message);
        }
        else if (cause is RequeueCause.Declined or RequeueCause.Evicted)
        {
            Requeue(turn, holding.Execution!, cause, message);
        }
        else
        {
            LoseToInfrastructure(turn, holding.Execution!, cause, message);
        }
    }

    private static void Accept(Turn turn, ExecutionEntry execution, Holding accepted, CompletionReport report)
    {
        Copies.TellTheOther(turn, execution, accepted);
        if (report is { Outcome: Outcome.Success, ExitCode: 0, Result: { } result } && execution.Cacheable)
        {
            turn.Do(new StoreAction(
                accepted.Lease, execution.Action, execution.FirstWaiter!.Value.Id, result, accepted.Worker.Id));
        }

        // Gone when it has finished.
        var failures = execution.Setbacks?.Failures ?? [];
        Settlement.Finish(turn, execution, report, ResultOrigin.Executed, accepted.Lease.Epoch);
        foreach (var failure in report.Outcome == Outcome.Success ? failures : [])
        {
            if (turn.State.WorkersById.TryGetValue(failure.Worker, out var failed))
            {
                WorkerQuarantine.Judge(turn, failed);
            }
        }
    }

    private static void LoseToInfrastructure(Turn turn, ExecutionEntry execution, RequeueCause cause, string message)
    {
        var alone = TaskQuarantine.MustRunAlone(turn, execution, execution.Worker!, cause);
        turn.Emit(new AttemptRequeued(execution.Live!.Lease, cause, message) { Alone = alone });
        if (IsOver(turn, execution))
        {
            GiveUp(turn, execution, message);
            return;
        }

        turn.WaitersChanged(execution);
        turn.Try(execution);
    }

    /// <summary>Whether one that waits was lost too often to be tried again.</summary>
    public static bool IsOver(Turn turn, ExecutionEntry execution) =>
        execution.InfrastructureLosses >= turn.Options.InfrastructureBudget || TaskQuarantine.IsCondemned(turn, execution);

    /// <summary>Too many attempts were lost to infrastructure: the execution ends.</summary>
    public static void GiveUp(Turn turn, ExecutionEntry execution, string lastMessage)
    {
        var text = TaskQuarantine.IsCondemned(turn, execution)
            ? TaskQuarantine.ReasonOf(execution)
            : $"{execution.InfrastructureLosses} attempts were lost for reasons of the farm; the last: {lastMessage}";
        Settlement.Finish(turn, execution, new CompletionReport(Outcome.Infrastructure, Message: text), ResultOrigin.Unspecified);
    }

    private static void Requeue(Turn turn, ExecutionEntry execution, RequeueCause cause, string message)
    {
        turn.Emit(new AttemptRequeued(execution.Live!.Lease, cause, message));
        turn.WaitersChanged(execution);
        turn.Try(execution);
    }

    internal static string OrElse(string message, string otherwise) => message.Length > 0 ? message : otherwise;
}
