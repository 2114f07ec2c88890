namespace BuildFarm.Scheduling;

/// <summary>An attempt that a worker should have.</summary>
/// <param name="Lease">The right to finish it.</param>
/// <param name="Action">What to run.</param>
/// <param name="Task">The first task that waits for it: names it for people and knows its command.</param>
/// <param name="Resources">What it may use, defaults filled in.</param>
/// <param name="Timeout">Wall time of the attempt; zero means the farm's default.</param>
public sealed record Assignment(Lease Lease, ActionId Action, TaskId Task, Resources Resources, TimeSpan Timeout);
