using BuildFarm.Scheduling.Events;

namespace BuildFarm.Scheduling.State;

/// <summary>A job that has not finished.</summary>
internal sealed class JobEntry
{
    private readonly int[] _dependents;
    private readonly int[] _starts;

    public JobEntry(JobBegan began, long sequence)
    {
        Id = began.Job;
        IdempotencyKey = began.IdempotencyKey;
        Spec = began.Spec;
        At = began.At;
        Sequence = sequence;
        Tasks = new TaskEntry[Spec.Tasks.Length];
        Counts = new JobCounts { Submitted = Tasks.Length };
        (_starts, _dependents) = Dependents.Of(Spec);
        Deadlines = JobDeadlines.Of(this);
        for (var i = 0; i < Tasks.Length; i++)
        {
            Tasks[i].UnmetNeeds = Spec.Tasks[i].Needs.Length;
        }
    }

    public JobId Id { get; }

    public string IdempotencyKey { get; }

    public JobSpec Spec { get; }

    public DateTimeOffset At { get; }

    /// <summary>Older jobs have smaller ones.</summary>
    public long Sequence { get; }

    public TaskEntry[] Tasks { get; }

    /// <summary>Null when it has none.</summary>
    public JobDeadlines? Deadlines { get; }

    /// <summary>One for each priority that its tasks have had.</summary>
    public List<Flow> Flows { get; } = [];

    public JobCounts Counts { get; set; }

    /// <summary>Parents that wait for it; null when it is nobody's child.</summary>
    public List<ParentWait>? Waits { get; set; }

    public bool Cancelling { get; set; }

    /// <summary>Why, as the newest who asked for its end said; empty when nobody asked, or did not say.</summary>
    public string CancelReason { get; set; } = "";

    /// <summary>Where its unfinished tasks count; set once it is in the state.</summary>
    public (TaskTally User, TaskTally Instance) Tallies { get; set; }

    public int Unfinished => Tasks.Length - Counts.Finished;

    /// <summary>Tasks that need this one; one that names it twice is listed twice.</summary>
    public ReadOnlySpan<int> DependentsOf(int task) => _dependents.AsSpan(_starts[task].._starts[task + 1]);
}
