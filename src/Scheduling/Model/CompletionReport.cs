namespace BuildFarm.Scheduling;

/// <summary>What a worker says of an attempt that ended.</summary>
/// <param name="Outcome">
/// From evidence. Cancelled means that the worker gave the attempt up by itself: a draining worker's is queued again without charge,
/// any other worker's counts as infrastructure.
/// </param>
/// <param name="ExitCode">Of the command, when it ran to its end; 128 + n when signal n ended it.</param>
/// <param name="Result">Where the result is kept; null for outcomes that have none.</param>
/// <param name="Message">One line of evidence; may be empty.</param>
/// <param name="Usage">Null when nothing was measured.</param>
public sealed record CompletionReport(
    Outcome Outcome,
    int ExitCode = 0,
    ResultHandle? Result = null,
    string Message = "",
    AttemptUsage? Usage = null)
{
    /// <summary>An infrastructure failure that no worker is to blame for: the CAS lacks what the task reads.</summary>
    public bool InputsMissing { get; init; }
}
