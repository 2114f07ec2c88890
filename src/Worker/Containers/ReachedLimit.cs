namespace BuildFarm.Worker.Containers;

/// <summary>A limit that a container stood at when it ended, beside those that its cgroup counts.</summary>
internal enum ReachedLimit
{
    None = 0,

    /// <summary>/tmp, HOME and /dev/shm together were full.</summary>
    ScratchBytes,

    /// <summary>They held as many files as they may.</summary>
    ScratchFiles,
}
