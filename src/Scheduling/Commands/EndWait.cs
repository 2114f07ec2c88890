namespace BuildFarm.Scheduling.Commands;

/// <summary>Who waited for a child is gone, or has done the child's work itself. Harmless when the wait has ended.</summary>
/// <param name="Parent">Of the attempt.</param>
/// <param name="Wait">Which wait.</param>
public sealed record EndWait(Lease Parent, long Wait) : Command;
