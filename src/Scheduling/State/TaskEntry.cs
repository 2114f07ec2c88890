namespace BuildFarm.Scheduling.State;

/// <summary>
/// A task in the state: small, because there may be a million. What only a finished task has is in <see cref="TaskEnd"/>, what only
/// a resolved one has is in its execution.
/// </summary>
internal struct TaskEntry
{
    /// <summary>Set while bound.</summary>
    public ExecutionEntry? Execution;

    /// <summary>Set when finished.</summary>
    public TaskEnd? End;

    /// <summary>The next task that waits for the same execution.</summary>
    public TaskRef? Next;

    /// <summary>Needs that have not succeeded.</summary>
    public int UnmetNeeds;

    public TaskStep Step;
}
