namespace BuildFarm.Scheduling.Effects;

/// <summary>A task went on.</summary>
/// <param name="Task">As it was at that moment.</param>
public sealed record TaskChanged(TaskView Task) : Effect;
