namespace BuildFarm.Worker.Containers.Cgroups;

/// <summary>The cgroup of one task.</summary>
internal interface ICgroup : IDisposable
{
    /// <summary>The OCI bundle's <c>cgroupsPath</c>: a child of this cgroup, for the runtime to make.</summary>
    string RuntimePath { get; }

    CgroupUsage ReadUsage();

    /// <summary>Sends a signal to every process in it.</summary>
    void Signal(int signal);

    /// <summary>Removes it; what still runs in it is killed first.</summary>
    void Remove();
}
