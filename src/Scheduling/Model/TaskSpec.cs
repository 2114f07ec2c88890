using System.Collections.Immutable;

namespace BuildFarm.Scheduling;

/// <summary>What the scheduler needs to know of a task; its command and inputs are the coordinator's.</summary>
/// <param name="Name">Unique in the job.</param>
public sealed record TaskSpec(string Name)
{
    /// <summary>Indices, in the same job, of the tasks that must succeed before this one is resolved.</summary>
    public ImmutableArray<int> Needs { get; init; } = [];

    /// <summary>What it holds while it runs; zeros mean defaults.</summary>
    public Resources Resources { get; init; }

    /// <summary>What its pool must offer.</summary>
    public Platform Platform { get; init; } = Platform.Empty;

    /// <summary>Wall time of one attempt, enforced by the worker; zero means the farm's default.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>What no other attempt may have while one of this task does, by name; see <see cref="ExclusiveNames"/>.</summary>
    public ImmutableArray<string> Exclusive { get; init; } = [];

    /// <summary>How long after the job was accepted it ends with outcome Timeout unless it has finished; zero means never.</summary>
    public TimeSpan Deadline { get; init; }

    /// <summary>How long it is thought to run, from recorded times or the client's guess; zero means unknown. Orders the queue.</summary>
    public TimeSpan ExpectedDuration { get; init; }

    /// <summary>
    /// What it is thought to need at most, in bytes, from earlier runs; zero means unknown. Used when <see cref="Resources"/> name
    /// no memory, and never to give less than the pool's default.
    /// </summary>
    public long ExpectedMemoryBytes { get; init; }

    /// <summary>Added to the job's priority.</summary>
    public int Priority { get; init; }

    /// <summary>How often a failure or a timeout of the task's own making is tried again.</summary>
    public int Retries { get; init; }

    /// <summary>What a failure of it means.</summary>
    public TaskKind Kind { get; init; }

    /// <summary>False for a task that runs every time: neither look-up, nor merging, nor storing.</summary>
    public bool Cacheable { get; init; } = true;

    /// <summary>Runs even when a result is cached. It may merge with what is in flight, and what it makes is stored.</summary>
    public bool SkipLookUp { get; init; }
}
