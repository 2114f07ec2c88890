namespace BuildFarm.Scheduling.Effects;

/// <summary>Make the action of a task whose needs have succeeded; answer with TaskResolved or TaskUnresolvable.</summary>
public sealed record ResolveTask(TaskId Task) : Effect;
