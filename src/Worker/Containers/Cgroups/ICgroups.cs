namespace BuildFarm.Worker.Containers.Cgroups;

/// <summary>Where the worker keeps the cgroups of its tasks.</summary>
/// <remarks>
/// Each task has a cgroup of the worker's own with the limits, and the runtime puts the container into a child of it: the
/// runtime removes the child with the container, before anybody could read what was used. A runtime that can leave cgroups
/// alone is in the task's own from its beginning instead, and makes none.
/// </remarks>
internal interface ICgroups
{
    /// <summary>Which kind, for the log.</summary>
    string Description { get; }

    /// <summary>Makes a task's cgroup with its limits.</summary>
    ICgroup Create(string id, ContainerLimits limits);

    /// <summary>Kills and removes every cgroup of this worker, left by a killed predecessor. Returns how many tasks' there were.</summary>
    int RemoveAll();
}
