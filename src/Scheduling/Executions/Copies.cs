using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Executions;

/// <summary>
/// Ends one of the two attempts of an execution that has a copy. The two are one try at the task: the first success is its result,
/// and it fails when the last of them fails. What is lost to the farm is charged for each.
/// </summary>
internal static class Copies
{
    /// <summary>One of two ended by itself, and not with a success.</summary>
    public static void EndOne(Turn turn, Holding one, CompletionReport report)
    {
        var worker = one.Worker;
        var (cause, otherwise) = report.Outcome switch
        {
            Outcome.Cancelled when worker.IsDraining => (RequeueCause.Released, $"given back by worker {worker.Id}, which drains"),
            Outcome.Cancelled => (RequeueCause.Infrastructure, $"given up by worker {worker.Id}"),
            Outcome.Infrastructure when report.InputsMissing => (RequeueCause.InputsMissing, "the CAS no longer has what it reads"),
            Outcome.Infrastructure or Outcome.Unspecified => (RequeueCause.Infrastructure, $"worker {worker.Id} could not run it"),
            var outcome => (RequeueCause.OneOfTwo, $"attempt {one.Lease.Epoch} ended with {outcome} on {worker.Id}"),
        };
        EndOne(turn, one, cause, Attempts.OrElse(report.Message, otherwise));
    }

    /// <summary>One of two ended; the other goes on.</summary>
    public static void EndOne(Turn turn, Holding one, RequeueCause cause, string message)
    {
        var execution = one.Execution!;
        turn.Emit(new CopyEnded(one.Lease, cause, message));
        turn.WaitersChanged(execution);
        StragglerPolicy.Watch(turn, execution);
    }

    /// <summary>The worker of the attempt that did not win is to end it.</summary>
    public static void TellTheOther(Turn turn, ExecutionEntry execution, Holding accepted)
    {
        if (execution.Copy is { } copy)
        {
            turn.Tell((ReferenceEquals(accepted, copy) ? execution.Live! : copy).Worker);
        }
    }
}
