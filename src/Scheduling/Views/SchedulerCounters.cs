namespace BuildFarm.Scheduling;

/// <summary>What happened since the state began.</summary>
public readonly record struct SchedulerCounters(
    long JobsAccepted,
    long JobsFinished,
    long AttemptsStarted,
    long AttemptsLost,
    long CompletionsAccepted,
    long CompletionsRefused,
    long WorkersLinked,
    long WorkersUnlinked,
    long WorkersLost)
{
    /// <summary>Second attempts of executions that took too long.</summary>
    public long CopiesStarted { get; init; }

    /// <summary>Attempts of what shares something with others, on workers that had some of it lately.</summary>
    public long PlacedWithInputs { get; init; }

    /// <summary>Attempts of what shares something with others, on workers that had nothing of it.</summary>
    public long PlacedElsewhere { get; init; }
}
