using BuildFarm.Hosting.Configuration;
using BuildFarm.Worker.Containers.Docker;
using BuildFarm.Worker.Link;
using BuildFarm.Worker.Outputs;
using BuildFarm.Worker.Roots;

namespace BuildFarm.Worker;

/// <summary>What a worker is told by its operator.</summary>
public sealed class WorkerOptions : ICheckedOptions
{
    /// <summary>Name, stable across restarts; empty for the host's name and a number kept in <see cref="DataDirectory"/>.</summary>
    public string Name { get; set; } = "";

    /// <summary>Folder of the worker's own. It may lie beside the blob store, on the same file system, so that inputs are links.</summary>
    public string DataDirectory { get; set; } = "";

    /// <summary>Pool it belongs to.</summary>
    public string Pool { get; set; } = "default";

    /// <summary>CPUs it offers; 0 for all of the machine's.</summary>
    public int Slots { get; set; }

    /// <summary>Bytes of memory it offers; 0 for the machine's (or its cgroup's) less a reserve for the worker itself.</summary>
    public long MemoryBytes { get; set; }

    /// <summary>What else it offers that is counted, by name: <c>gpu</c> to 2. A task holds what it asks for while it runs.</summary>
    public IDictionary<string, long> Resources { get; set; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>How tasks are kept apart: <c>oci</c>, <c>docker</c>, or <c>none</c>, which must be asked for by name.</summary>
    public string Isolation { get; set; } = "oci";

    /// <summary>For isolation <c>docker</c>.</summary>
    public DockerOptions Docker { get; set; } = new();

    /// <summary>Tasks that ask for <c>network=allowed</c> get the host's network; all others have none.</summary>
    public bool AllowNetwork { get; set; }

    /// <summary>
    /// Tasks that ask for <c>nested-userns=allowed</c> may make user namespaces, and mount in them: a larger part of the kernel is then
    /// in their reach.
    /// </summary>
    public bool AllowNestedUserNamespaces { get; set; }

    /// <summary>
    /// What tasks have as their root: <c>host</c> (an allow list of this machine's), a folder with a root file system, an image of an OCI
    /// layout (<c>oci:/DIR[:NAME]</c>) or of an archive of <c>docker save</c> (<c>docker:/FILE[:NAME]</c>).
    /// </summary>
    public string Root { get; set; } = RootReference.HostText;

    /// <summary>What tasks ask for as <c>container-image</c>; empty for the name after <see cref="Root"/>'s colon, else the file's.</summary>
    public string RootName { get; set; } = "";

    /// <summary>The platform property <c>container-image</c> that the worker offers.</summary>
    public string ImageName => RootName.Length > 0 ? RootName : Isolation == "docker" ? Docker.Image : RootReference.TryParse(Root, out var root) ? root.DefaultName : "";

    /// <summary>Says what is in a root folder that has no package database; to be changed whenever the folder changes.</summary>
    public string RootIdentity { get; set; } = "";

    /// <summary>More folders of the host that tasks see, read-only; with the root <c>host</c> alone.</summary>
    public IList<string> RootPaths { get; set; } = [];

    /// <summary>
    /// File with shell lines that run before every task, in its container; empty for none. It is read when the worker starts. All
    /// workers of an instance have the same: it is part of the environment.
    /// </summary>
    public string Prelude { get; set; } = "";

    /// <summary>Tasks may not use more CPU than their share even when it is idle.</summary>
    public bool HardCpu { get; set; }

    /// <summary>Time limit of tasks that have none of their own.</summary>
    public TimeSpan DefaultTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Between SIGTERM and SIGKILL when a task's time is up.</summary>
    public TimeSpan TerminationGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A task that writes nothing, uses next to no CPU time and does no I/O for so long is ended as timed out, its stacks in its log;
    /// zero for never.
    /// </summary>
    public TimeSpan StallTimeout { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How long a task's inputs and outputs wait for a cache that does not answer before the attempt is lost; zero for not at all.</summary>
    public TimeSpan CachePatience { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a stopping worker lets its tasks run on before it ends them.</summary>
    public TimeSpan DrainGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The process ends when the coordinator has taken the worker out of service and it cannot end what hangs: for a worker whose
    /// supervisor starts it again.
    /// </summary>
    public bool EndWhenEvicted { get; set; }

    /// <summary>Bytes that one task may write to standard output and error.</summary>
    public long LogLimitBytes { get; set; } = 1L << 30;

    /// <summary>Bytes on disk that one task may write to its workspace, outputs and all.</summary>
    public long WorkspaceBytes { get; set; } = 50L << 30;

    /// <summary>
    /// Bytes that must be free on the disk of <see cref="DataDirectory"/>, at most a twentieth of it, or the worker takes no new tasks until
    /// twice as many are; 0 to take them always.
    /// </summary>
    public long DiskReserveBytes { get; set; } = 512L << 20;

    /// <summary>Files, folders and links that one task may make in its workspace.</summary>
    public int WorkspaceFiles { get; set; } = 1_000_000;

    /// <summary>Limits of one task's outputs.</summary>
    public OutputLimits Outputs { get; set; } = new();

    /// <summary>Bytes on disk of one kept home; a larger one is removed when its task has ended.</summary>
    public long KeptHomeBytes { get; set; } = 5L << 30;

    /// <summary>Kept homes; the longest unused goes first.</summary>
    public int KeptHomes { get; set; } = 64;

    /// <summary>How long a kept home that no task uses stays.</summary>
    public TimeSpan KeptHomeAge { get; set; } = TimeSpan.FromDays(14);

    /// <summary>Files and folders of laid-out inputs that are kept for the next task with the same inputs.</summary>
    public long KeptInputEntries { get; set; } = 500_000;

    /// <inheritdoc />
    public IEnumerable<string> FindProblems()
    {
        if (!Path.IsPathFullyQualified(DataDirectory))
            yield return $"{nameof(DataDirectory)}: \"{DataDirectory}\" is not an absolute path";
        if (Isolation is not ("oci" or "docker" or "none"))
            yield return $"{nameof(Isolation)}: \"{Isolation}\" is unknown; known here: oci, docker, none";
        foreach (var problem in Isolation == "docker" ? Docker.FindProblems() : [])
            yield return problem;
        if (Slots is < 0 or > 4096)
            yield return $"{nameof(Slots)}: {Slots} is not between 0 and 4096";
        if (MemoryBytes < 0)
            yield return $"{nameof(MemoryBytes)}: {MemoryBytes} is negative";
        foreach (var (name, amount) in Resources.Where(static pair => pair.Value < 1))
            yield return $"{nameof(Resources)}: {name} is {amount}, which is less than 1";
        if (Pool.Length == 0)
            yield return $"{nameof(Pool)}: a worker belongs to a pool";
        foreach (var path in RootPaths.Where(static path => !Path.IsPathFullyQualified(path)))
            yield return $"{nameof(RootPaths)}: \"{path}\" is not an absolute path";
        if (!RootReference.TryParse(Root, out var root))
            yield return UnknownRoot(Root);
        else if (root.Kind != RootKind.Host && (Isolation != "oci" || RootPaths.Count > 0))
            yield return $"{nameof(Root)}: {Root} is for isolation oci, and shows nothing of the host; leave out {(Isolation != "oci" ? $"isolation {Isolation}" : nameof(RootPaths))}";
        if (DefaultTimeout <= TimeSpan.Zero)
            yield return $"{nameof(DefaultTimeout)}: {DefaultTimeout} is not positive";
        if (StallTimeout < TimeSpan.Zero)
            yield return $"{nameof(StallTimeout)}: {StallTimeout} is negative";
        if (CachePatience < TimeSpan.Zero || CachePatience >= AttemptTable.StageLimit)
            yield return $"{nameof(CachePatience)}: {CachePatience} is not between 0 and {AttemptTable.StageLimit}, after which the attempt counts as hanging";
        if (TerminationGrace < TimeSpan.Zero || DrainGrace < TimeSpan.Zero)
            yield return $"{nameof(TerminationGrace)}, {nameof(DrainGrace)}: must not be negative";
        if (KeptHomeBytes <= 0 || KeptHomes < 1 || KeptHomeAge <= TimeSpan.Zero)
            yield return $"{nameof(KeptHomeBytes)}, {nameof(KeptHomes)}, {nameof(KeptHomeAge)}: must be positive";
        if (WorkspaceBytes <= 0 || WorkspaceFiles <= 0)
            yield return $"{nameof(WorkspaceBytes)}, {nameof(WorkspaceFiles)}: must be positive";
        if (DiskReserveBytes < 0)
            yield return $"{nameof(DiskReserveBytes)}: {DiskReserveBytes} is negative";
        if (LogLimitBytes <= 0)
            yield return $"{nameof(LogLimitBytes)}: {LogLimitBytes} is not positive";
    }

    internal static string UnknownRoot(string text) =>
        $"{nameof(Root)}: \"{text}\" is unknown; write host, /DIR, oci:/DIR[:NAME] or docker:/FILE[:NAME], with absolute paths";
}
