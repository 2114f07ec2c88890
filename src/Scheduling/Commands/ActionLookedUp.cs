namespace BuildFarm.Scheduling.Commands;

/// <summary>Answers LookUpAction.</summary>
/// <param name="Execution">As asked.</param>
/// <param name="Hit">Where the stored result is; null is a miss, and so is an error of the action cache.</param>
public sealed record ActionLookedUp(ExecutionId Execution, ResultHandle? Hit) : Command;
