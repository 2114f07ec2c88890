namespace BuildFarm.Scheduling.Events;

/// <summary>The one accepted end of an execution; all its waiters finish with it.</summary>
/// <param name="Execution">Which.</param>
/// <param name="Origin">Executed, ActionCache, or Unspecified when no attempt's result was accepted.</param>
/// <param name="Outcome">Of every waiter.</param>
/// <param name="ExitCode">Of the command.</param>
/// <param name="Result">Null for outcomes without one.</param>
/// <param name="Message">One line of evidence.</param>
/// <param name="Usage">Of the attempt.</param>
/// <param name="At">By the wall clock.</param>
public sealed record ExecutionFinished(
    ExecutionId Execution,
    ResultOrigin Origin,
    Outcome Outcome,
    int ExitCode,
    ResultHandle? Result,
    string Message,
    AttemptUsage? Usage,
    DateTimeOffset At) : Event
{
    /// <summary>Of the lease whose result was accepted; 0 when none was, or when there was only one.</summary>
    public long Epoch { get; init; }

    /// <inheritdoc />
    public override EventNumber Number => EventNumber.ExecutionFinished;
}
