namespace BuildFarm.Scheduling;

/// <summary>What holds a task up: one for each rule of the scheduler that can. Append-only.</summary>
public enum WaitReason : byte
{
    /// <summary>Nothing does: it runs, or has finished.</summary>
    None = 0,

    /// <summary>Tasks that must succeed first have not.</summary>
    Needs = 1,

    /// <summary>Its action is being made.</summary>
    Resolving = 2,

    /// <summary>Its action is being looked up in the action cache.</summary>
    LookUp = 3,

    /// <summary>Another attempt has an exclusive name that it needs, or goes first for it.</summary>
    ExclusiveName = 4,

    /// <summary>No declared pool offers its platform any more.</summary>
    NoPool = 5,

    /// <summary>No pool that could run it has a worker: one has to come.</summary>
    NoWorker = 6,

    /// <summary>Pools that could run it have workers, and none of those takes work.</summary>
    WorkersOutOfService = 7,

    /// <summary>Workers take work, and none of them is large enough.</summary>
    WorkersTooSmall = 8,

    /// <summary>Others that ask for the same go first.</summary>
    Line = 9,

    /// <summary>It is the first of its kind, and no worker has enough free.</summary>
    Room = 10,

    /// <summary>Free CPU is there, and waiting parents lend it to children alone.</summary>
    LentCpu = 11,

    /// <summary>There is room on a worker that is kept free for a bigger task.</summary>
    KeptFree = 12,

    /// <summary>There is room on a worker where parents want their CPU back first.</summary>
    ParentsResume = 13,

    /// <summary>There is room on a worker where something must run alone.</summary>
    Isolated = 14,

    /// <summary>It must run alone itself, and no worker is empty.</summary>
    RunsAlone = 15,

    /// <summary>It runs, and its process waits for a child.</summary>
    Child = 16,

    /// <summary>It runs, and waits until children give the CPU back that it lent.</summary>
    CpuBack = 17,

    /// <summary>It runs on a worker that is not connected: it goes on there, or again elsewhere.</summary>
    WorkerAway = 18,
}
