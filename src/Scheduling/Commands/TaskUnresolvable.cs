namespace BuildFarm.Scheduling.Commands;

/// <summary>Answers ResolveTask: no action can be made. Final.</summary>
/// <param name="Task">Which task.</param>
/// <param name="Outcome">Infrastructure when the farm is at fault, Failure when the task is.</param>
/// <param name="Reason">One line.</param>
public sealed record TaskUnresolvable(TaskId Task, Outcome Outcome, string Reason) : Command;
