namespace BuildFarm.Scheduling.Effects;

/// <summary>
/// What a worker should be doing changed: send it <see cref="SchedulerState.DesiredStateFor"/>. At most one a worker and command.
/// </summary>
public sealed record DesiredStateChanged(WorkerId Worker) : Effect;
