namespace BuildFarm.Scheduling;

/// <summary>What an operator may choose about scheduling. Decisions read it; replay never does.</summary>
public sealed record SchedulerOptions
{
    /// <summary>A worker that is not heard from for this long is lost.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A worker whose stream broke has this long to come back before it is lost.</summary>
    public TimeSpan UnlinkGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a lost worker is still shown. One whose attempts have exclusive names is forgotten, and they come free, after
    /// <see cref="LeaseDuration"/> and <see cref="KillGrace"/>.
    /// </summary>
    public TimeSpan LostWorkerMemory { get; init; } = TimeSpan.FromHours(1);

    /// <summary>An execution that lost this many attempts to infrastructure ends with outcome Infrastructure.</summary>
    public int InfrastructureBudget { get; init; } = 3;

    /// <summary>
    /// A task that was running on this many distinct workers when they were lost ends with outcome Infrastructure; what one more
    /// lost worker would end runs alone.
    /// </summary>
    public int TaskQuarantineWorkers { get; init; } = 3;

    /// <summary>A worker that fails this many distinct tasks in a row, for reasons of its own, gets no new ones for a while; at most 64.</summary>
    public int WorkerQuarantineFailures { get; init; } = 5;

    /// <summary>How long that is the first time.</summary>
    public TimeSpan WorkerQuarantineTerm { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A submit that would bring the unfinished tasks above this is refused.</summary>
    public int MaxUnfinishedTasks { get; init; } = 1_000_000;

    /// <summary>The same for the tasks of one user; 0 means no limit but the farm's.</summary>
    public int MaxUnfinishedTasksPerUser { get; init; }

    /// <summary>The same for the tasks of one instance; 0 means no limit but the farm's.</summary>
    public int MaxUnfinishedTasksPerInstance { get; init; }

    /// <summary>
    /// A silence of the loop itself that is longer than this is a pause of the coordinator, not of the workers: their leases start
    /// again. It must be longer than <see cref="WakeUpInterval"/> and shorter than <see cref="LeaseDuration"/>.
    /// </summary>
    public TimeSpan PauseThreshold { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>While workers are linked the loop ticks at least this often, so that a pause can be told from quiet.</summary>
    public TimeSpan WakeUpInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A worker that is heard, and tells no progress of an attempt for this long, is wedged: it is evicted. The worker counts its own
    /// looks at a running command as progress, so a command that is silent is none.
    /// </summary>
    public TimeSpan ProgressTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>A worker that is heard, and has an attempt so long after it was told to end it, is evicted.</summary>
    public TimeSpan KillGrace { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// What could start nothing for this long, of one shape and priority, counts as one priority higher; again after as long, until
    /// something starts.
    /// </summary>
    public TimeSpan AgingInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// A task that this many others overtook on workers that could hold it gets a worker kept free for it.
    /// </summary>
    public int OvertakenLimit { get; init; } = 16;

    /// <summary>
    /// An execution that runs so many times as long as expected may get a second attempt on another worker; 0 means never.
    /// </summary>
    public double CopyFactor { get; init; } = 3;

    /// <summary>However short it is expected to be, an execution runs this long before it gets a second attempt.</summary>
    public TimeSpan CopyMinimum { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>When an execution that is late gets no second attempt for lack of room, it is looked at again after this.</summary>
    public TimeSpan CopyRetryInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Of a pool's CPU, what second attempts may hold; one is always allowed.</summary>
    public int CopyPercent { get; init; } = 10;
}
