using BuildFarm.Worker.Containers.Cgroups;

namespace BuildFarm.Worker.Containers.Docker;

/// <summary>
/// Where the limits of containers are. A daemon that makes cgroups itself is given one of the worker's own to make them in, which
/// has the limits and outlives the container, so that what was used can be read. One that leaves cgroups to systemd sets the limits.
/// </summary>
/// <param name="own">The worker's; null when the daemon cannot make cgroups in them.</param>
/// <param name="mounts">Content of <c>/proc/self/mounts</c>.</param>
internal sealed class DockerCgroups(ICgroups? own, string mounts)
{
    /// <summary>For the log.</summary>
    public string Description => own?.Description ?? "cgroup v2 of systemd";

    /// <summary>True when the daemon is to set the limits, and knows best what became of them.</summary>
    public bool AreTheDaemons => own is null;

    /// <exception cref="RuntimeUnusableException">Neither way is open.</exception>
    public static DockerCgroups For(string driver, string version, string owner, string mounts, string self)
    {
        if (driver == "cgroupfs")
            return new DockerCgroups(CgroupDetector.Detect(owner, mounts, self), mounts);
        if (version != "2")
            throw new RuntimeUnusableException($"the Docker daemon leaves cgroups of version {version} to {driver}: start it with --exec-opt native.cgroupdriver=cgroupfs");
        return new DockerCgroups(null, mounts);
    }

    /// <summary>A cgroup with limits; null when the daemon sets them.</summary>
    public ICgroup? TryCreate(string id, ContainerLimits limits) => own?.Create(id, limits);

    /// <summary>The cgroup that the daemon has made for a process.</summary>
    /// <exception cref="ContainerStartException">It is not to be found.</exception>
    public ICgroup Find(int process)
    {
        var mount = mounts.Split('\n').Select(static line => line.Split(' ')).FirstOrDefault(static fields => fields is [_, _, "cgroup2", ..])?[1];
        var path = (KernelFile.TryRead($"/proc/{process}/cgroup") ?? "").Split('\n').FirstOrDefault(static line => line.StartsWith("0::/", StringComparison.Ordinal))?[3..];
        return mount is not null && path is { Length: > 1 }
            ? new CgroupV2(mount + path, path)
            : throw new ContainerStartException($"the cgroup of process {process}, made by the Docker daemon, is not to be found");
    }

    /// <summary>Ends everything in the worker's cgroups.</summary>
    public void RemoveAll() => own?.RemoveAll();
}
