namespace BuildFarm.Scheduling.State;

/// <summary>What the running command still has to do for a worker; none between commands.</summary>
[Flags]
internal enum WorkerMarks : byte
{
    None = 0,
    Place = 1,
    Tell = 2,
}
