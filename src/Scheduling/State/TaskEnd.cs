namespace BuildFarm.Scheduling.State;

/// <summary>How a task ended.</summary>
internal sealed record TaskEnd(Outcome Outcome, string Message, DateTimeOffset At)
{
    public ResultOrigin Origin { get; init; }

    public int ExitCode { get; init; }

    public ResultHandle? Result { get; init; }

    public AttemptUsage? Usage { get; init; }

    public ExecutionId? Execution { get; init; }

    public ActionId? Action { get; init; }

    public long Attempt { get; init; }

    public WorkerId? Worker { get; init; }

    public DateTimeOffset? QueuedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }
}
