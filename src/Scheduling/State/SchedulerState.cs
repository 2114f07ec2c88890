using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;
using BuildFarm.Scheduling.Views;

namespace BuildFarm.Scheduling;

/// <summary>Everything the scheduler knows. Changed by events and nothing else; not safe for several threads.</summary>
public sealed partial class SchedulerState
{
    /// <summary>
    /// How many idempotency keys of finished jobs are remembered, so that a late repetition of a submit still joins. Part of what a
    /// replay gives: changing it needs a new event.
    /// </summary>
    private const int RememberedKeys = 10_000;

    private readonly Queue<string> _finishedKeys = new();
    private long _lastExecution;

    /// <summary>What happened since the state began.</summary>
    public SchedulerCounters Counters { get; private set; }

    internal Dictionary<JobId, JobEntry> JobsById { get; } = [];

    internal Dictionary<string, KeyedJob> JobsByKey { get; } = new(StringComparer.Ordinal);

    internal ExecutionTable<ExecutionId> Executions { get; } = new(static execution => execution.Id);

    /// <summary>Cacheable executions in flight, by action: what equal ones merge into.</summary>
    internal ExecutionTable<ActionId> InFlight { get; } = new(static execution => execution.Action);

    internal Dictionary<WorkerId, WorkerEntry> WorkersById { get; } = [];

    internal Dictionary<string, PoolEntry> PoolsByName { get; } = new(StringComparer.Ordinal);

    internal Dictionary<(Platform Platform, Resources Asked, bool OfChildren), Shape> Shapes { get; } = [];

    /// <summary>By priority.</summary>
    internal Dictionary<int, PriorityLevel> Levels { get; } = [];

    /// <summary>What executions share with others.</summary>
    internal LocalityTable Localities { get; } = new();

    internal DeadlineQueue Deadlines { get; } = new();

    /// <summary>Idempotency keys that outlive their jobs, oldest first.</summary>
    internal IEnumerable<string> FinishedKeys => _finishedKeys;

    /// <summary>Tasks of jobs in the state that have not finished.</summary>
    internal int UnfinishedTasks { get; private set; }

    /// <summary>When the last command came; tells a pause of the coordinator from a silence of the workers.</summary>
    internal TimeSpan? LastCommandAt { get; set; }

    /// <summary>
    /// The highest revision that a forgotten worker reached. Numbering goes on from it, so that a revision has one meaning and an old
    /// report is never read against numbers that began again.
    /// </summary>
    internal long RevisionFloor { get; private set; }

    /// <summary>The id that the next execution gets.</summary>
    internal ExecutionId NextExecution => new(_lastExecution + 1);

    /// <summary>What a worker should be doing; null when the state does not know it.</summary>
    public DesiredState? DesiredStateFor(WorkerId worker) =>
        WorkersById.TryGetValue(worker, out var entry) ? WorkerViews.Desired(entry) : null;

    /// <summary>A job that has not finished, with or without its tasks; null when the state does not know it.</summary>
    public JobView? FindJob(JobId job, bool withTasks = true) =>
        JobsById.TryGetValue(job, out var entry) ? JobViews.Of(entry, withTasks) : null;

    /// <summary>
    /// The tasks of a job that has not finished, in order, each made when it is taken; none when the state does not know the job.
    /// Nothing may change the state meanwhile.
    /// </summary>
    public IEnumerable<TaskView> TasksOf(JobId job)
    {
        if (JobsById.TryGetValue(job, out var entry))
        {
            for (var i = 0; i < entry.Tasks.Length; i++)
            {
                yield return JobViews.Of(new TaskRef(entry, i));
            }
        }
    }

    /// <summary>Tasks that wait for an execution; 0 when the state does not know it.</summary>
    public int CountWaiters(ExecutionId execution) => Executions.TryGetValue(execution, out var entry) ? entry.WaiterCount : 0;

    /// <summary>Those tasks.</summary>
    public IReadOnlyList<TaskId> WaitersOf(ExecutionId execution)
    {
        var tasks = new List<TaskId>();
        if (Executions.TryGetValue(execution, out var entry))
        {
            foreach (var task in entry.Waiters)
            {
                tasks.Add(task.Id);
            }
        }

        return tasks;
    }

    /// <summary>A task of a job that has not finished; null when the state does not know it.</summary>
    public TaskView? FindTask(TaskId task) => FindRef(task) is { } found ? JobViews.Of(found) : null;

    /// <summary>Jobs that have not finished, oldest first, without their tasks.</summary>
    public IReadOnlyList<JobView> Jobs()
    {
        var jobs = new List<JobEntry>(JobsById.Values);
        jobs.Sort(static (a, b) => a.Sequence.CompareTo(b.Sequence));
        return jobs.ConvertAll(static job => JobViews.Of(job, withTasks: false));
    }

    /// <summary>Workers, lost ones included, by id.</summary>
    public IReadOnlyList<WorkerView> Workers()
    {
        var workers = new List<WorkerEntry>(WorkersById.Values);
        workers.Sort(static (a, b) => string.CompareOrdinal(a.Id.Value, b.Id.Value));
        return workers.ConvertAll(WorkerViews.Of);
    }

    /// <summary>Declared pools, by name.</summary>
    public IReadOnlyList<PoolView> Pools()
    {
        var pools = new List<PoolEntry>(PoolsByName.Values);
        pools.RemoveAll(static pool => !pool.Declared);
        pools.Sort(static (a, b) => string.CompareOrdinal(a.Spec.Name, b.Spec.Name));
        return pools.ConvertAll(WorkerViews.Of);
    }

    internal TaskRef? FindRef(TaskId task) =>
        JobsById.TryGetValue(task.Job, out var job) && (uint)task.Index < (uint)job.Tasks.Length ? new TaskRef(job, task.Index) : null;
}
