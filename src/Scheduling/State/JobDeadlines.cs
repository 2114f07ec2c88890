using BuildFarm.Scheduling.Queues;

namespace BuildFarm.Scheduling.State;

/// <summary>The deadlines of a job and its tasks, earliest first, with one alarm for the next of them.</summary>
internal sealed class JobDeadlines
{
    /// <summary>Stands for the job itself among the indices of its tasks.</summary>
    public const int WholeJob = -1;

    private readonly (TimeSpan After, int Task)[] _deadlines;

    private JobDeadlines(JobEntry job, List<(TimeSpan After, int Task)> deadlines)
    {
        Job = job;
        deadlines.Sort();
        _deadlines = [.. deadlines];
        Alarm = new Deadline(this);
    }

    public JobEntry Job { get; }

    public Deadline Alarm { get; }

    /// <summary>Index of the one that the alarm is set for.</summary>
    public int Next { get; set; }

    public int Count => _deadlines.Length;

    /// <summary>Since the job was accepted, and for whom.</summary>
    public (TimeSpan After, int Task) this[int index] => _deadlines[index];

    /// <summary>Those of a job; null when it has none, which is the rule.</summary>
    public static JobDeadlines? Of(JobEntry job)
    {
        List<(TimeSpan After, int Task)>? deadlines = job.Spec.Deadline > TimeSpan.Zero ? [(job.Spec.Deadline, WholeJob)] : null;
        for (var i = 0; i < job.Spec.Tasks.Length; i++)
        {
            if (job.Spec.Tasks[i].Deadline > TimeSpan.Zero)
            {
                deadlines ??= [];
                deadlines.Add((job.Spec.Tasks[i].Deadline, i));
            }
        }

        return deadlines is null ? null : new JobDeadlines(job, deadlines);
    }
}
