using BuildFarm.Worker.Containers.Cgroups;
using BuildFarm.Worker.Containers.Docker.Engine;

namespace BuildFarm.Worker.Containers.Docker;

/// <summary>A container that runs and waits for its one task.</summary>
/// <param name="Id">The daemon's.</param>
/// <param name="Class">What it is good for.</param>
/// <param name="Process">Its process 1, a shell that reads.</param>
/// <param name="Streams">Attached before it was started.</param>
/// <param name="Cgroup">Has it and its limits.</param>
internal sealed record PreparedContainer(string Id, ContainerClass Class, ProcessOne Process, AttachedStreams Streams, ICgroup Cgroup)
{
    /// <summary>False when the daemon, the kernel or an operator has ended it while it waited.</summary>
    public bool IsWaiting => !Streams.Ended.IsCompleted;
}
