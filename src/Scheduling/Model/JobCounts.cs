namespace BuildFarm.Scheduling;

/// <summary>How the tasks of a job ended so far. In a finished job the seven outcomes add up to <see cref="Submitted"/>.</summary>
public readonly record struct JobCounts(
    int Submitted,
    int Succeeded,
    int Failed,
    int TimedOut,
    int OutOfMemory,
    int ResourceLimited,
    int Cancelled,
    int Infrastructure,
    int FromCache,
    int Attempts)
{
    /// <summary>The sum of the seven outcomes.</summary>
    public int Finished => Succeeded + Failed + TimedOut + OutOfMemory + ResourceLimited + Cancelled + Infrastructure;

    internal JobCounts With(Outcome outcome) => outcome switch
    {
        Outcome.Success => this with { Succeeded = Succeeded + 1 },
        Outcome.Failure => this with { Failed = Failed + 1 },
        Outcome.Timeout => this with { TimedOut = TimedOut + 1 },
        Outcome.OutOfMemory => this with { OutOfMemory = OutOfMemory + 1 },
        Outcome.ResourceLimit => this with { ResourceLimited = ResourceLimited + 1 },
        Outcome.Cancelled => this with { Cancelled = Cancelled + 1 },
        Outcome.Infrastructure => this with { Infrastructure = Infrastructure + 1 },
        _ => throw new InvalidOperationException($"A task cannot finish with outcome {outcome}."),
    };
}
