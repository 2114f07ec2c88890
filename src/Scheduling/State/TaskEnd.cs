namespace BuildFarm.Scheduling.State;

/// <summary>How a task ended.</summary>
/// <param name="Outcome">Of the closed set.</param>
/// <param name="Message">One line of evidence; may be empty.</param>
/// <param name="At">By the wall clock.</param>
public sealed record TaskEnd(Outcome Outcome, string Message, DateTimeOffset At)
{
    /// <summary>Where its result came from.</summary>
    public ResultOrigin Origin { get; init; }

    /// <summary>Of the command.</summary>
    public int ExitCode { get; init; }

    /// <summary>Null for outcomes without one.</summary>
    public ResultHandle? Result { get; init; }

    /// <summary>Of the attempt whose result this is.</summary>
    public AttemptUsage? Usage { get; init; }

    /// <summary>What it waited for; null when it ended before that.</summary>
    public ExecutionId? Execution { get; init; }

    /// <summary>Of that execution.</summary>
    public ActionId? Action { get; init; }

    /// <summary>Epoch of the newest attempt; 0 when none was made.</summary>
    public long Attempt { get; init; }

    /// <summary>Who made it.</summary>
    public WorkerId? Worker { get; init; }

    /// <summary>What its attempts used up.</summary>
    public AttemptCharges Charges { get; init; }

    /// <summary>When it first waited for a worker.</summary>
    public DateTimeOffset? QueuedAt { get; init; }

    /// <summary>When its newest attempt was assigned.</summary>
    public DateTimeOffset? StartedAt { get; init; }
}
