using BuildFarm.Scheduling.Queues;

namespace BuildFarm.Scheduling.State;

/// <summary>What an execution has that has been tried, or has stood at the head of its queue: of a million that wait, hardly any.</summary>
internal sealed class AttemptTrail
{
    public long Epoch { get; set; }

    public Holding? Live { get; set; }

    public Holding? Copy { get; set; }

    public NameClaim[] Claims { get; set; } = [];

    public Deadline? Straggling { get; set; }

    public WorkerId? LastWorker { get; set; }

    public string LastMessage { get; set; } = "";

    public int InfrastructureLosses { get; set; }

    public int TaskFailures { get; set; }

    public AvoidSet? Avoid { get; set; }

    public CountedTime Counted { get; set; }

    public int Overtaken { get; set; }

    public WorkerEntry? ReservedOn { get; set; }

    public Setbacks? Setbacks { get; set; }

    public long MemoryBytes { get; set; }

    public DateTimeOffset? StartedAt { get; set; }
}
