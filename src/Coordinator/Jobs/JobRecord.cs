using BuildFarm.Coordinator.History;
using BuildFarm.Scheduling;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Task = BuildFarm.V1.Task;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>
/// A job as clients see it: the submitted templates, the newest snapshot of every task, and the log of events. Changed by
/// the hub alone, in the order of the scheduler's effects; read by any call.
/// </summary>
public sealed class JobRecord
{
    private readonly Lock _gate = new();
    private readonly Job _header;
    private readonly TaskPresenter _presenter;

    private readonly JobTally _tally;
    private readonly Lazy<Dictionary<string, int>> _indexByName;
    private QueuedTask[] _queued = [];

    /// <param name="id">Its id.</param>
    /// <param name="request">As submitted.</param>
    /// <param name="accepted">As the scheduler took it: a child goes by its parent's priority and submitter.</param>
    /// <param name="submittedAt">When it was accepted.</param>
    /// <param name="presenter">Says what a restart has found.</param>
    /// <param name="sequenceBefore">The log's first sequence is one more.</param>
    public JobRecord(JobId id, SubmitJobRequest request, Scheduling.JobSpec accepted, DateTimeOffset submittedAt, TaskPresenter presenter, long sequenceBefore = 0)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(accepted);
        _presenter = presenter;
        Log = new JobLog(sequenceBefore, FoundAt);
        Id = id;
        InstanceName = request.InstanceName;
        Spec = request.Spec;
        SubmittedAt = submittedAt;
        _header = new Job
        {
            JobId = id.Value,
            Name = Spec.Name,
            State = JobState.Active,
            Submitter = accepted.Submitter,
            Priority = accepted.Priority,
            Deadline = Spec.Deadline,
            SupersedeKey = Spec.SupersedeKey,
            SubmittedAt = submittedAt.ToTimestamp(),
            Labels = { Spec.Labels },
        };
        _tally = new JobTally(Spec.Tasks.Count);
        _indexByName = new(() => Spec.Tasks.Index().ToDictionary(task => task.Item.Name, task => task.Index, StringComparer.Ordinal));
        Log.AppendJob(new JobEvent { Accepted = ToJob(withTasks: false) }, _header.SubmittedAt);
    }

    /// <summary>Its id, as clients name it.</summary>
    public JobId Id { get; }

    /// <summary>REAPI instance that the job belongs to.</summary>
    public string InstanceName { get; }

    /// <summary>As submitted.</summary>
    public V1.JobSpec Spec { get; }

    /// <summary>When it was accepted, by the wall clock.</summary>
    public DateTimeOffset SubmittedAt { get; }

    /// <summary>What the job goes by.</summary>
    public int Priority => _header.Priority;

    /// <summary>One Action that REAPI's Execute brought: an Operation to its client, kept in memory alone once it has ended.</summary>
    public bool IsOperation => IsOperationSpec(Spec);

    /// <summary>What watchers read.</summary>
    public JobLog Log { get; }

    /// <summary>The place of a task in the spec.</summary>
    /// <exception cref="KeyNotFoundException">The job has no such task.</exception>
    public int IndexOf(string name) => _indexByName.Value[name];

    /// <summary>The place of a task in the spec; null when the job has no such task.</summary>
    public int? FindIndex(string name) => _indexByName.Value.TryGetValue(name, out var index) ? index : null;

    /// <summary>Whether a spec is one Action that was made already.</summary>
    public static bool IsOperationSpec(V1.JobSpec spec) => spec.Tasks is [{ ActionDigest: not null }];

    /// <summary>The newest snapshot of one task; nobody changes it.</summary>
    public Task TaskAt(int index) =>
        Log.NewestOf(index) ?? TaskPresenter.Present(Spec.Tasks[index], Priority);

    /// <summary>A restart found a task that waits for its first attempt.</summary>
    public void Found(int index, QueuedTask queued, Timestamp at)
    {
        lock (_gate)
        {
            _queued = _queued.Length > 0 ? _queued : new QueuedTask[Spec.Tasks.Count];
            _queued[index] = queued;
        }

        Log.AppendFound(index, at);
    }

    /// <summary>A task went on.</summary>
    public void Change(int index, Task snapshot, Timestamp at)
    {
        lock (_gate)
        {
            _tally.Change(index, snapshot);
            Log.AppendTask(index, snapshot, at);
        }
    }

    /// <summary>Somebody asked for the end of the job.</summary>
    public void Cancelling(string reason, Timestamp at)
    {
        Job job;
        lock (_gate)
        {
            _header.State = JobState.Cancelling;
            _header.CancelReason = reason;
            job = Compose(withTasks: false);
        }

        Log.AppendJob(new JobEvent { Cancelling = job }, at);
    }

    /// <summary>Every task has finished; the scheduler's counts are the last word.</summary>
    public void Finish(JobCounts counts, Timestamp at)
    {
        Job job;
        lock (_gate)
        {
            _header.State = JobState.Finished;
            _header.FinishedAt = at;
            _tally.Set(counts);
            job = Compose(withTasks: false);
        }

        Log.AppendJob(new JobEvent { Finished = job }, at, last: true);
    }

    /// <summary>What the history keeps of it once it has finished.</summary>
    public FinishedJob ToFinished() => new(ToJob(withTasks: true), Log.Snapshot());

    /// <summary>The job as it is now.</summary>
    public Job ToJob(bool withTasks)
    {
        lock (_gate)
        {
            return Compose(withTasks);
        }
    }

    private Job Compose(bool withTasks)
    {
        var job = _header.Clone();
        job.Summary = _tally.ToSummary();
        job.Sequence = Log.Sequence;
        if (withTasks)
        {
            job.Tasks.AddRange(Enumerable.Range(0, Spec.Tasks.Count).Select(TaskAt));
        }

        return job;
    }

    /// <summary>As a restart found the task.</summary>
    private Task FoundAt(int index) =>
        _presenter.Present(_queued[index].ToView(new TaskId(Id, index), Spec.Tasks[index].Name), Spec.Tasks[index], Priority, completion: null);
}
