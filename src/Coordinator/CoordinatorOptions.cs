using BuildFarm.Coordinator.Reapi;
using BuildFarm.Hosting;
using BuildFarm.Hosting.Configuration;
using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator;

/// <summary>What an operator may choose about a coordinator.</summary>
public sealed class CoordinatorOptions : ICheckedOptions
{
    private const int MostQuarantineFailures = 64;

    /// <summary>REAPI instance names that are served; the empty one is the default instance.</summary>
    public List<string> Instances { get; set; } = [""];

    /// <summary>Declared pools. A pool may be empty: what it can run then waits, and what no pool can run is refused.</summary>
    public List<PoolOptions> Pools { get; set; } = [new()];

    /// <summary>Identity of the root and prelude that tasks see; empty means that the first worker tells it.</summary>
    public string Environment { get; set; } = "";

    /// <summary>How long a worker may be silent before its attempts are given to others, by the monotonic clock.</summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a worker says that it is there.</summary>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a worker whose stream broke may take to come back before it is lost.</summary>
    public TimeSpan UnlinkGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Attempts that an execution may lose to infrastructure before it ends with that outcome.</summary>
    public int InfrastructureBudget { get; set; } = 3;

    /// <summary>When a task that takes too long gets a second attempt on another worker.</summary>
    public CopyOptions Copies { get; set; } = new();

    /// <summary>Distinct workers that may be lost while they run one task, before it ends with outcome infrastructure.</summary>
    public int TaskQuarantineWorkers { get; set; } = 3;

    /// <summary>Distinct tasks that a worker may fail in a row, for reasons of its own, before it gets no new ones for a while.</summary>
    public int WorkerQuarantineFailures { get; set; } = 5;

    /// <summary>How long that is the first time; each time again without a success doubles it, up to eight times.</summary>
    public TimeSpan WorkerQuarantineTerm { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Unfinished tasks of one user (the submitter before its last <c>@</c>); 0 means no limit but the farm's.</summary>
    public int MaxUnfinishedTasksPerUser { get; set; }

    /// <summary>Unfinished tasks of one instance; 0 means no limit but the farm's.</summary>
    public int MaxUnfinishedTasksPerInstance { get; set; }

    /// <summary>Unfinished tasks of all jobs together; a job that would exceed it is refused as RESOURCE_EXHAUSTED.</summary>
    public int MaxUnfinishedTasks { get; set; } = 1_000_000;

    /// <summary>Tasks of one job.</summary>
    public int MaxTasksPerJob { get; set; } = 100_000;

    /// <summary>Wall time of one attempt when its template names none.</summary>
    public TimeSpan DefaultTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>A worker that is heard and tells no progress of an attempt for so long is evicted.</summary>
    public TimeSpan ProgressTimeout { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>A worker that is heard and has not ended so long after it was told to is evicted.</summary>
    public TimeSpan KillGrace { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>The longest timeout that a template may name.</summary>
    public TimeSpan MaxTimeout { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long a client that met a full queue is asked to wait.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How often the cache is asked for what unfinished jobs count on, so that it evicts none of it: well below its <c>MinimumBlobLifetime</c>. Zero: never.
    /// </summary>
    public TimeSpan BlobRenewalInterval { get; set; } = TimeSpan.FromMinutes(3);

    /// <summary>Finished jobs that are remembered.</summary>
    public int HistoryJobs { get; set; } = 1000;

    /// <summary>Journal records after which a snapshot is written, at the least: as many as the last one had, if those are more.</summary>
    public int SnapshotRecords { get; set; } = 100_000;

    /// <summary>Commands that may wait for the loop; callers wait beyond that.</summary>
    public int LoopCapacity { get; set; } = 4096;

    /// <summary>Resolutions and action-cache look-ups at once.</summary>
    public int ResolverConcurrency { get; set; } = 16;

    /// <summary>
    /// Folder with a file for each secret that jobs may name, which is no other user's to read; empty for no secrets. Pools whose tasks may have
    /// them offer <c>secrets=files</c>.
    /// </summary>
    public string SecretsDirectory { get; set; } = "";

    /// <summary>What clients of the Remote Execution API may ask for.</summary>
    public ReapiOptions Reapi { get; set; } = new();

    /// <summary>Where the HTTP port is, as a URL for people; empty when it is off.</summary>
    public string PublicHttpUrl { get; set; } = "";

    /// <summary>Where clients find the cache, as a URL; empty when it is at the coordinator's own address.</summary>
    public string PublicCacheUrl { get; set; } = "";

    /// <inheritdoc />
    public IEnumerable<string> FindProblems()
    {
        if (Instances.Count == 0)
        {
            yield return $"{nameof(Instances)}: at least one is needed; the default one is the empty name";
        }

        if (Pools.Count == 0)
        {
            yield return $"{nameof(Pools)}: at least one is needed";
        }

        foreach (var problem in Pools.SelectMany(pool => pool.FindProblems()))
        {
            yield return $"{nameof(Pools)}:{problem}";
        }

        foreach (var twice in Pools.GroupBy(pool => pool.Name, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            yield return $"{nameof(Pools)}: '{twice.Key}' is declared twice";
        }

        if (LeaseDuration < TimeSpan.FromMilliseconds(100) || LeaseDuration > TimeSpan.FromHours(1))
        {
            yield return $"{nameof(LeaseDuration)}: {LeaseDuration} is not between 100 ms and one hour";
        }

        if (HeartbeatInterval <= TimeSpan.Zero || HeartbeatInterval > LeaseDuration / 2)
        {
            yield return $"{nameof(HeartbeatInterval)}: {HeartbeatInterval} is not between 0 and half of {nameof(LeaseDuration)} ({LeaseDuration})";
        }

        foreach (var (name, time) in new[] { (nameof(ProgressTimeout), ProgressTimeout), (nameof(KillGrace), KillGrace) }.Where(static pair => pair.Item2 <= TimeSpan.Zero))
        {
            yield return $"{name}: {time} is not positive";
        }

        if (WorkerQuarantineFailures is < 1 or > MostQuarantineFailures)
        {
            yield return $"{nameof(WorkerQuarantineFailures)}: {WorkerQuarantineFailures} is not between 1 and {MostQuarantineFailures}";
        }

        if (WorkerQuarantineTerm <= TimeSpan.Zero || WorkerQuarantineTerm > TimeSpan.FromDays(1))
        {
            yield return $"{nameof(WorkerQuarantineTerm)}: {WorkerQuarantineTerm} is not between 0 and one day";
        }

        if (MaxUnfinishedTasksPerUser < 0 || MaxUnfinishedTasksPerInstance < 0)
        {
            yield return $"{nameof(MaxUnfinishedTasksPerUser)} and {nameof(MaxUnfinishedTasksPerInstance)} must not be negative; 0 means no limit";
        }

        if (UnlinkGrace < TimeSpan.Zero)
        {
            yield return $"{nameof(UnlinkGrace)}: {UnlinkGrace} is negative";
        }

        if (DefaultTimeout <= TimeSpan.Zero || DefaultTimeout > MaxTimeout)
        {
            yield return $"{nameof(DefaultTimeout)}: {DefaultTimeout} is not between 0 and {nameof(MaxTimeout)} ({MaxTimeout})";
        }

        foreach (var problem in Copies.FindProblems())
        {
            yield return $"{nameof(Copies)}:{problem}";
        }

        foreach (var problem in Reapi.FindProblems())
        {
            yield return $"{nameof(Reapi)}:{problem}";
        }

        if (SecretsDirectory.Length > 0 && !(Path.IsPathFullyQualified(SecretsDirectory) && Directory.Exists(SecretsDirectory)))
        {
            yield return $"{nameof(SecretsDirectory)}: \"{SecretsDirectory}\" is not the absolute path of a folder";
        }

        if (SecretsDirectory.Length > 0 && Pools.TrueForAll(static pool => pool.Platform.GetValueOrDefault(SecretProperties.Offered) != SecretProperties.Files))
        {
            yield return $"{nameof(SecretsDirectory)}: no pool offers {SecretProperties.Offered}={SecretProperties.Files}, so no task could have a secret; add it to the Platform of those whose workers are trusted with them";
        }

        foreach (var (name, value) in Counts().Where(count => count.Value < 1))
        {
            yield return $"{name}: {value} is less than 1";
        }
    }

    internal SchedulerOptions ToSchedulerOptions() => new()
    {
        LeaseDuration = LeaseDuration,
        UnlinkGrace = UnlinkGrace,
        InfrastructureBudget = InfrastructureBudget,
        TaskQuarantineWorkers = TaskQuarantineWorkers,
        WorkerQuarantineFailures = WorkerQuarantineFailures,
        WorkerQuarantineTerm = WorkerQuarantineTerm,
        MaxUnfinishedTasks = MaxUnfinishedTasks,
        MaxUnfinishedTasksPerUser = MaxUnfinishedTasksPerUser,
        MaxUnfinishedTasksPerInstance = MaxUnfinishedTasksPerInstance,
        PauseThreshold = LeaseDuration / 2,
        WakeUpInterval = LeaseDuration / 6,
        CopyFactor = Copies.Factor,
        CopyMinimum = Copies.Minimum,
        CopyPercent = Copies.Percent,
        ProgressTimeout = ProgressTimeout,
        KillGrace = KillGrace,
    };

    private IEnumerable<(string Name, int Value)> Counts() =>
    [
        (nameof(InfrastructureBudget), InfrastructureBudget),
        (nameof(TaskQuarantineWorkers), TaskQuarantineWorkers),
        (nameof(MaxUnfinishedTasks), MaxUnfinishedTasks),
        (nameof(MaxTasksPerJob), MaxTasksPerJob),
        (nameof(HistoryJobs), HistoryJobs),
        (nameof(SnapshotRecords), SnapshotRecords),
        (nameof(LoopCapacity), LoopCapacity),
        (nameof(ResolverConcurrency), ResolverConcurrency),
    ];
}
