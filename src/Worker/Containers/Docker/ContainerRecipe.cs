using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using BuildFarm.Worker.Containers.Docker.Engine;
using BuildFarm.Worker.Containers.Seccomp;

namespace BuildFarm.Worker.Containers.Docker;

/// <summary>
/// The settings of every container: no capabilities, no new privileges, the daemon's system call filter, a uid that is not root's, a
/// read-only root, namespaces of its own, and nothing writable but the workspace, /tmp, HOME and /dev/shm.
/// </summary>
/// <param name="image">Id of the image.</param>
/// <param name="label">Name and value of what marks this worker's containers.</param>
/// <param name="extraRootPaths">Folders of the host to show, read-only.</param>
internal sealed class ContainerRecipe(string image, KeyValuePair<string, string> label, IReadOnlyList<string> extraRootPaths)
{
    /// <summary>Where programs put files that outlive a boot; no different from the other here.</summary>
    public const string OtherTemporary = "/var/tmp";

    /// <summary>Where programs share memory.</summary>
    public const string SharedMemory = "/dev/shm";

    private const string Empty = "ro,noexec,nosuid,nodev,size=4k";

    // The daemon refuses less.
    private const long LeastMemory = 6 << 20;

    private static readonly string User = string.Create(CultureInfo.InvariantCulture, $"{ContainerPaths.UserId}:{ContainerPaths.UserId}");

    /// <summary>Files of the host that stand in for the image's, by their place in the container.</summary>
    public IReadOnlyDictionary<string, string> StandIns { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <param name="kind">What the container is for.</param>
    /// <param name="cgroupParent">A cgroup that has the limits; null when the daemon is to set them.</param>
    public ContainerSettings Of(ContainerClass kind, string? cgroupParent) =>
        new()
        {
            Image = image,
            // A shell that takes its commands from standard input: it waits until it is told the task, and becomes its process 1.
            Entrypoint = [ContainerInit.Prefix[0]],
            Cmd = ["-s"],
            User = User,
            WorkingDir = "/",
            Hostname = ContainerPaths.Hostname,
            OpenStdin = true,
            StdinOnce = true,
            Labels = new Dictionary<string, string>(StringComparer.Ordinal) { [label.Key] = label.Value },
            HostConfig = Limited(Host(kind), kind.Limits, cgroupParent),
        };

    private HostSettings Host(ContainerClass kind)
    {
        return new HostSettings
        {
            NetworkMode = kind.Network ? "host" : "none",
            IpcMode = "private",
            CgroupnsMode = "private",
            ReadonlyRootfs = true,
            CapDrop = ["ALL"],
            SecurityOpt = Security(kind.Profile),
            Binds = [.. extraRootPaths.Select(static path => $"{path}:{path}:ro"), .. StandIns.Select(static file => $"{file.Value}:{file.Key}:ro")],
            Tmpfs = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                // Places for what a task gets when it is known.
                [ContainerPaths.Temporary] = Empty,
                [OtherTemporary] = Empty,
                [ContainerPaths.Home] = Empty,
                [ContainerPaths.Runtime] = Empty,
                [ContainerPaths.Secrets] = Empty,
                [ContainerPaths.Workspace] = Empty,
            },
            ShmSize = 4096,
            Ulimits = [new ResourceLimit("nofile", kind.Limits.OpenFiles, kind.Limits.OpenFiles), new ResourceLimit("core", 0, 0)],
            // When the machine itself runs out of memory, tasks go before the worker.
            OomScoreAdj = 500,
            // What is written goes to who is attached, and nowhere else.
            LogConfig = new LogSettings("none"),
        };
    }

    /// <summary>The daemon's own filter lets through what is known to be harmless; those of other profiles are made here.</summary>
    private static string[] Security(SeccompProfile profile)
    {
        const string NoNewPrivileges = "no-new-privileges";
        if (profile == SeccompProfile.Default)
            return [NoNewPrivileges];
        var filter = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(filter))
            SeccompJson.Write(json, profile);
        return [NoNewPrivileges, $"seccomp={Encoding.UTF8.GetString(filter.WrittenSpan)}"];
    }

    private static HostSettings Limited(HostSettings settings, ContainerLimits limits, string? cgroupParent)
    {
        // The kernel tells of memory that ran out where the limit is, so it is in one place alone.
        if (cgroupParent is not null)
            return settings with { CgroupParent = cgroupParent };
        var memory = Math.Max(limits.MemoryBytes, LeastMemory);
        return settings with
        {
            Memory = memory,
            MemorySwap = memory,
            PidsLimit = limits.Processes,
            CpuShares = Math.Max(2, limits.CpuMillis * 1024 / 1000),
            NanoCpus = limits.HardCpu ? limits.CpuMillis * 1_000_000 : null,
        };
    }
}
