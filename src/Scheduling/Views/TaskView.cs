namespace BuildFarm.Scheduling;

/// <summary>A task as it was at one moment.</summary>
/// <param name="Id">Which.</param>
/// <param name="Name">From its spec.</param>
/// <param name="Phase">Where it is.</param>
public sealed record TaskView(TaskId Id, string Name, TaskPhase Phase)
{
    /// <summary>Set when finished.</summary>
    public Outcome Outcome { get; init; }

    /// <summary>Of the command, when it ran to its end.</summary>
    public int ExitCode { get; init; }

    /// <summary>Set when finished with a result.</summary>
    public ResultOrigin Origin { get; init; }

    /// <summary>The execution it waits for or waited for; null before resolution.</summary>
    public ExecutionId? Execution { get; init; }

    /// <summary>Epoch of the newest attempt: 1 for the first; 0 when none was made.</summary>
    public long Attempt { get; init; }

    /// <summary>Who runs or ran the newest attempt; null when none was made.</summary>
    public WorkerId? Worker { get; init; }

    /// <summary>One line: why it ended so, what was lost; empty when there is nothing to say.</summary>
    public string Message { get; init; } = "";

    /// <summary>Null before resolution.</summary>
    public ActionId? Action { get; init; }

    /// <summary>Null until finished, and for outcomes without one.</summary>
    public ResultHandle? Result { get; init; }

    /// <summary>Of the attempt whose result this is; null for results from the cache.</summary>
    public AttemptUsage? Usage { get; init; }

    /// <summary>What its attempts used up so far.</summary>
    public AttemptCharges Charges { get; init; }

    /// <summary>When it first waited for a worker, by the wall clock.</summary>
    public DateTimeOffset? QueuedAt { get; init; }

    /// <summary>When its newest attempt was assigned, by the wall clock.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>By the wall clock.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
}
