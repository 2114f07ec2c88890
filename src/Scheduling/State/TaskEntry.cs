namespace BuildFarm.Scheduling.State;

/// <summary>
/// A task in the state: small, because there may be a million. What only a finished task has is in <see cref="TaskEnd"/>, what only
/// a resolved one has is in its execution.
/// </summary>
internal struct TaskEntry
{
    /// <summary>Needs that have not succeeded.</summary>
    public int UnmetNeeds;

    public TaskStep Step;

    // A task is bound or finished, never both.
    private object? _bond;

    /// <summary>Set while bound.</summary>
    public ExecutionEntry? Execution
    {
        readonly get => _bond as ExecutionEntry;
        set => _bond = value;
    }

    /// <summary>Set when finished.</summary>
    public TaskEnd? End
    {
        readonly get => _bond as TaskEnd;
        set => _bond = value;
    }
}
