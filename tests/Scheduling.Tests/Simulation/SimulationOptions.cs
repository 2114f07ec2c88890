namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>Everything that one simulated farm is, drawn from its seed. What is not drawn is a farm where nothing goes wrong.</summary>
internal sealed record SimulationOptions
{
    public required int Workers { get; init; }

    public required int Pools { get; init; }

    public required int Jobs { get; init; }

    public required int TasksPerJob { get; init; }

    /// <summary>How many actions there are: few merge and hit often.</summary>
    public required int Actions { get; init; }

    public required SchedulerOptions Scheduler { get; init; }

    /// <summary>How many exclusive names there are.</summary>
    public int Names { get; init; }

    /// <summary>Between two reports of a worker that has no news.</summary>
    public double HeartbeatSeconds { get; init; } = 2;

    /// <summary>Of messages of the worker link.</summary>
    public double Loss { get; init; }

    public double Repetition { get; init; }

    public double MaxDelaySeconds { get; init; }

    /// <summary>Between the end of a stream and the command that says so: a newer stream may be linked before.</summary>
    public double MaxUnlinkDelaySeconds { get; init; }

    /// <summary>How long an attempt that is ended may still use what it holds.</summary>
    public double MaxDyingSeconds { get; init; } = 1;

    /// <summary>Share of the workers that take ten times as long.</summary>
    public double SlowWorkers { get; init; }

    /// <summary>Share of the workers that tell no progress, as older ones do.</summary>
    public double SilentOnProgress { get; init; }

    /// <summary>Chances each simulated second.</summary>
    public double WorkerCrash { get; init; }

    public double WorkerPause { get; init; }

    /// <summary>The worker speaks and hears, and nothing that runs on it gets on or ends.</summary>
    public double WorkerWedge { get; init; }

    public double StreamBreak { get; init; }

    /// <summary>The worker's stream breaks again and again for a while.</summary>
    public double ReconnectLoop { get; init; }

    public double OneWayPartition { get; init; }

    public double Drain { get; init; }

    /// <summary>The machine of a worker is taken away after a grace.</summary>
    public double NodeEviction { get; init; }

    /// <summary>An operator drains a worker, or lets it take work again.</summary>
    public double OperatorDrain { get; init; }

    /// <summary>An operator declares other pools.</summary>
    public double Redeclaration { get; init; }

    public double ClockStep { get; init; }

    public double CoordinatorPause { get; init; }

    /// <summary>Chance each command that the coordinator dies in it: between two events, after the flush, or while it tells of it.</summary>
    public double CoordinatorCrash { get; init; }

    /// <summary>How late the loop's timer may be: what comes before it finds deadlines that have passed.</summary>
    public double MaxTimerDelaySeconds { get; init; }

    /// <summary>Chance each time that a job takes an older one's place: the coordinator dies when the newer is written and the older's end is not.</summary>
    public double SupersedeCrash { get; init; }

    /// <summary>Chance each command that the journal is replaced by a snapshot.</summary>
    public double Snapshot { get; init; }

    /// <summary>Chances each attempt.</summary>
    public double Failure { get; init; }

    public double Infrastructure { get; init; }

    /// <summary>The attempt stands still and does not end when it is told to.</summary>
    public double Stuck { get; init; }

    /// <summary>The action that kills every worker that runs it; -1 when there is none.</summary>
    public int KillerAction { get; init; } = -1;

    /// <summary>The worker that runs nothing and says so; -1 when there is none.</summary>
    public int BadWorker { get; init; } = -1;

    /// <summary>One job of so many has a key by which it supersedes others.</summary>
    public int SupersedeOneOf { get; init; } = 1;

    /// <summary>Chance each attempt that it has children.</summary>
    public double Parents { get; init; }

    /// <summary>How many inputs there are that several actions share; without any nothing is shared.</summary>
    public int Inputs { get; init; }

    /// <summary>Chance each job.</summary>
    public double Cancel { get; init; }

    public static SimulationOptions Draw(Random random) => new()
    {
        Workers = random.Next(1, 7),
        Pools = random.Next(1, 3),
        Jobs = random.Next(1, 11),
        TasksPerJob = random.Next(1, 14),
        Actions = random.Next(3, 60),
        Names = random.Next(2) * random.Next(1, 4),
        HeartbeatSeconds = 1 + (random.NextDouble() * 3),
        Loss = Sometimes(random, 0.3),
        Repetition = Sometimes(random, 0.3),
        MaxDelaySeconds = random.NextDouble() * 3,
        MaxDyingSeconds = random.Next(2) == 0 ? 3 : 30,
        MaxUnlinkDelaySeconds = Sometimes(random, 15),
        SlowWorkers = Sometimes(random, 0.7),
        SilentOnProgress = Sometimes(random, 0.5),
        WorkerCrash = Sometimes(random, 0.02),
        WorkerPause = Sometimes(random, 0.02),
        WorkerWedge = Sometimes(random, 0.005),
        StreamBreak = Sometimes(random, 0.05),
        ReconnectLoop = Sometimes(random, 0.01),
        OneWayPartition = Sometimes(random, 0.02),
        Drain = Sometimes(random, 0.02),
        NodeEviction = Sometimes(random, 0.01),
        OperatorDrain = Sometimes(random, 0.03),
        Redeclaration = Sometimes(random, 0.02),
        ClockStep = Sometimes(random, 0.03),
        CoordinatorPause = Sometimes(random, 0.01),
        CoordinatorCrash = Sometimes(random, random.Next(4) == 0 ? 0.15 : 0.02),
        Snapshot = Sometimes(random, 0.01),
        Failure = Sometimes(random, 0.3),
        Infrastructure = Sometimes(random, 0.3),
        Stuck = Sometimes(random, 0.02),
        Cancel = Sometimes(random, 0.5),
        Parents = Sometimes(random, 0.4),
        KillerAction = random.Next(3) == 0 ? random.Next(1, 60) : -1,
        BadWorker = random.Next(3) == 0 ? random.Next(6) : -1,
        SupersedeOneOf = random.Next(2, 8),
        Scheduler = DrawScheduler(random),
        SupersedeCrash = Sometimes(random, 1),
        MaxTimerDelaySeconds = Sometimes(random, 4),
        Inputs = random.Next(4) == 0 ? 0 : random.Next(1, 50),
    };

    /// <summary>The same farm with nothing going wrong any more.</summary>
    public SimulationOptions Healed() => this with
    {
        Loss = 0,
        Repetition = 0,
        WorkerCrash = 0,
        WorkerPause = 0,
        WorkerWedge = 0,
        StreamBreak = 0,
        ReconnectLoop = 0,
        OneWayPartition = 0,
        Drain = 0,
        NodeEviction = 0,
        OperatorDrain = 0,
        Redeclaration = 0,
        ClockStep = 0,
        CoordinatorPause = 0,
        CoordinatorCrash = 0,
        SupersedeCrash = 0,
        Infrastructure = 0,
        Stuck = 0,
        BadWorker = -1,
        Cancel = 0,
    };

    private static SchedulerOptions DrawScheduler(Random random)
    {
        var lease = TimeSpan.FromSeconds(random.Next(2) == 0 ? 30 : random.Next(15, 61));
        return new SchedulerOptions
        {
            LeaseDuration = lease,
            UnlinkGrace = TimeSpan.FromSeconds(random.Next(2) == 0 ? 10 : random.Next(1, 31)),
            PauseThreshold = lease / 2,
            WakeUpInterval = lease / 6,
            CopyFactor = random.Next(3) == 0 ? 0 : 1 + (random.NextDouble() * 3),
            CopyMinimum = TimeSpan.FromSeconds(random.Next(1, 20)),
            CopyPercent = random.Next(0, 60),
            CopyRetryInterval = TimeSpan.FromSeconds(random.Next(2, 40)),
            OvertakenLimit = random.Next(0, 6),
            AgingInterval = TimeSpan.FromSeconds(random.Next(2) == 0 ? 60 : random.Next(2, 20)),
            InfrastructureBudget = random.Next(1, 6),
            LostWorkerMemory = TimeSpan.FromMinutes(random.Next(2) == 0 ? 60 : random.Next(1, 4)),
            TaskQuarantineWorkers = random.Next(1, 6),
            WorkerQuarantineFailures = random.Next(1, 6),
            WorkerQuarantineTerm = TimeSpan.FromSeconds(random.Next(5, 120)),
            MaxUnfinishedTasks = DrawLimit(random),
            MaxUnfinishedTasksPerUser = DrawLimit(random),
            MaxUnfinishedTasksPerInstance = DrawLimit(random),
            ProgressTimeout = TimeSpan.FromSeconds(random.Next(20, 120)),
            // As long as the slowest message and a heartbeat at least: a worker must have had the time to hear of its end.
            KillGrace = TimeSpan.FromSeconds(random.Next(20, 90)),
        };
    }

    /// <summary>No smaller than the largest job, or it could never be accepted.</summary>
    private static int DrawLimit(Random random) => random.Next(2) == 0 ? 1_000_000 : random.Next(14, 50);

    /// <summary>A fault is absent in every second farm, so that each is also met alone.</summary>
    private static double Sometimes(Random random, double most)
    {
        var rate = random.NextDouble() * most;
        return random.Next(2) == 0 ? 0 : rate;
    }
}
