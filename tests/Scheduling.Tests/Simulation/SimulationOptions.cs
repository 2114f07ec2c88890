namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>Everything that one simulated farm is, drawn from its seed.</summary>
internal sealed record SimulationOptions
{
    public required int Workers { get; init; }

    public required int Pools { get; init; }

    public required int Jobs { get; init; }

    public required int TasksPerJob { get; init; }

    /// <summary>How many actions there are: few merge and hit often.</summary>
    public required int Actions { get; init; }

    /// <summary>How many exclusive names there are.</summary>
    public required int Names { get; init; }

    /// <summary>Of messages of the worker link.</summary>
    public required double Loss { get; init; }

    public required double Repetition { get; init; }

    public required double MaxDelaySeconds { get; init; }

    /// <summary>Between the end of a stream and the command that says so: a newer stream may be linked before.</summary>
    public required double MaxUnlinkDelaySeconds { get; init; }

    /// <summary>How long an attempt that is ended may still use what it holds.</summary>
    public required double MaxDyingSeconds { get; init; }

    /// <summary>Chances each simulated second.</summary>
    public required double WorkerCrash { get; init; }

    public required double StreamBreak { get; init; }

    public required double OneWayPartition { get; init; }

    public required double Drain { get; init; }

    public required double CoordinatorPause { get; init; }

    /// <summary>Chance each command that the coordinator dies in it, between two events.</summary>
    public required double CoordinatorCrash { get; init; }

    /// <summary>Chances each attempt.</summary>
    public required double Failure { get; init; }

    public required double Infrastructure { get; init; }

    /// <summary>Of workers: they take ten times as long.</summary>
    public required double Slow { get; init; }

    /// <summary>The action that kills every worker that runs it; -1 when there is none.</summary>
    public required int KillerAction { get; init; }

    /// <summary>The worker that runs nothing and says so; -1 when there is none.</summary>
    public required int BadWorker { get; init; }

    /// <summary>One job of so many has a key by which it supersedes others.</summary>
    public required int SupersedeOneOf { get; init; }

    /// <summary>Chance each job.</summary>
    public required double Cancel { get; init; }

    public required SchedulerOptions Scheduler { get; init; }

    public static SimulationOptions Draw(Random random) => new()
    {
        Workers = random.Next(1, 7),
        Pools = random.Next(1, 3),
        Jobs = random.Next(1, 11),
        TasksPerJob = random.Next(1, 14),
        Actions = random.Next(3, 60),
        Names = random.Next(2) * random.Next(1, 4),
        Loss = Sometimes(random, 0.3),
        Repetition = Sometimes(random, 0.3),
        MaxDelaySeconds = random.NextDouble() * 3,
        MaxDyingSeconds = random.Next(2) == 0 ? 3 : 30,
        MaxUnlinkDelaySeconds = Sometimes(random, 15),
        WorkerCrash = Sometimes(random, 0.02),
        StreamBreak = Sometimes(random, 0.05),
        OneWayPartition = Sometimes(random, 0.02),
        Drain = Sometimes(random, 0.02),
        CoordinatorPause = Sometimes(random, 0.01),
        CoordinatorCrash = Sometimes(random, 0.02),
        Failure = Sometimes(random, 0.3),
        Infrastructure = Sometimes(random, 0.3),
        Cancel = Sometimes(random, 0.5),
        Slow = Sometimes(random, 0.7),
        KillerAction = random.Next(3) == 0 ? random.Next(1, 60) : -1,
        BadWorker = random.Next(3) == 0 ? random.Next(6) : -1,
        SupersedeOneOf = random.Next(2, 8),
        Scheduler = new SchedulerOptions
        {
            TaskQuarantineWorkers = random.Next(1, 6),
            WorkerQuarantineFailures = random.Next(1, 6),
            WorkerQuarantineTerm = TimeSpan.FromSeconds(random.Next(5, 120)),
            MaxUnfinishedTasks = DrawLimit(random),
            MaxUnfinishedTasksPerUser = DrawLimit(random),
            MaxUnfinishedTasksPerInstance = DrawLimit(random),
            OvertakenLimit = random.Next(0, 6),
            AgingInterval = TimeSpan.FromSeconds(random.Next(2) == 0 ? 60 : random.Next(2, 20)),
            InfrastructureBudget = random.Next(1, 6),
            CopyFactor = random.Next(3) == 0 ? 0 : 1 + (random.NextDouble() * 3),
            CopyMinimum = TimeSpan.FromSeconds(random.Next(1, 20)),
            CopyPercent = random.Next(0, 60),
            LostWorkerMemory = TimeSpan.FromMinutes(random.Next(2) == 0 ? 60 : random.Next(1, 4)),
        },
    };

    /// <summary>The same farm with nothing going wrong any more.</summary>
    public SimulationOptions Healed() => this with
    {
        Loss = 0,
        Repetition = 0,
        WorkerCrash = 0,
        StreamBreak = 0,
        OneWayPartition = 0,
        Drain = 0,
        CoordinatorPause = 0,
        CoordinatorCrash = 0,
        Infrastructure = 0,
        BadWorker = -1,
        Cancel = 0,
    };

    /// <summary>No smaller than the largest job, or it could never be accepted.</summary>
    private static int DrawLimit(Random random) => random.Next(2) == 0 ? 1_000_000 : random.Next(14, 50);

    /// <summary>A fault is absent in every second farm, so that each is also met alone.</summary>
    private static double Sometimes(Random random, double most)
    {
        var rate = random.NextDouble() * most;
        return random.Next(2) == 0 ? 0 : rate;
    }
}
