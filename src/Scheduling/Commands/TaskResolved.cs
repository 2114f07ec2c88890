namespace BuildFarm.Scheduling.Commands;

/// <summary>Answers ResolveTask: the task's action exists, with everything it refers to stored.</summary>
/// <param name="Task">Which task.</param>
/// <param name="Action">Its action.</param>
/// <param name="Cacheable">Whether it may be looked up, merged and stored; a task whose spec says no stays so.</param>
public sealed record TaskResolved(TaskId Task, ActionId Action, bool Cacheable = true) : Command
{
    /// <summary>What it shares with other tasks; empty when nothing is known.</summary>
    public LocalityKeys Locality { get; init; }
}
