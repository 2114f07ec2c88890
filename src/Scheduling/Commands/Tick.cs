namespace BuildFarm.Scheduling.Commands;

/// <summary>Time went on. Sent when <see cref="Scheduler.NextDeadline"/> has come; harmless at any other time.</summary>
public sealed record Tick : Command;
