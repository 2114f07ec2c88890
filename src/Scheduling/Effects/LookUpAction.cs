namespace BuildFarm.Scheduling.Effects;

/// <summary>Ask the action cache; answer with ActionLookedUp.</summary>
/// <param name="Execution">To be repeated in the answer.</param>
/// <param name="Action">What to look up.</param>
/// <param name="Task">The first task that waits for it.</param>
public sealed record LookUpAction(ExecutionId Execution, ActionId Action, TaskId Task) : Effect;
