namespace BuildFarm.Scheduling.State;

/// <summary>Where a task is; while it is bound, its execution says more.</summary>
internal enum TaskStep : byte
{
    Waiting,
    Resolving,
    Bound,
    Finished,
}
