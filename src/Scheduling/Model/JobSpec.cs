using System.Collections.Immutable;

namespace BuildFarm.Scheduling;

/// <summary>A graph of tasks to schedule.</summary>
/// <param name="Name">What a person calls it.</param>
/// <param name="Tasks">At least one.</param>
public sealed record JobSpec(string Name, ImmutableArray<TaskSpec> Tasks)
{
    /// <summary>Higher goes first; -1000 to 1000.</summary>
    public int Priority { get; init; }

    /// <summary>Who asks; fair share between users counts by it.</summary>
    public string Submitter { get; init; } = "";

    /// <summary>Whose queue it stands in beside others'; limits count by it.</summary>
    public string Instance { get; init; } = "";

    /// <summary>
    /// Empty, or what an older unfinished job of the same key is cancelled by when this one is accepted. Whoever makes it puts into
    /// it whose jobs may meet: the scheduler only compares keys.
    /// </summary>
    public string SupersedeKey { get; init; } = "";

    /// <summary>The submitter without the machine, after the last <c>@</c>: one person at two machines is one person.</summary>
    public string User => Submitter.LastIndexOf('@') is > 0 and var at ? Submitter[..at] : Submitter;

    /// <summary>Equal for equal requests and nothing else: tells whether an idempotency key is repeated or reused.</summary>
    public string Identity { get; init; } = "";

    /// <summary>
    /// The attempt that this job works for: it has the attempt's priority and submitter, goes before other jobs of that priority, and
    /// ends with the attempt. Null for all others.
    /// </summary>
    public Lease? Parent { get; init; }

    /// <summary>How long after it was accepted what has not finished ends with outcome Timeout; zero means never.</summary>
    public TimeSpan Deadline { get; init; }

    /// <summary>The first failed task cancels what has not started.</summary>
    public bool FailFast { get; init; }
}
