using BuildFarm.Journal.V1;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Events;

namespace BuildFarm.Coordinator.Journal.Format;

/// <summary>Records of jobs and their tasks.</summary>
internal static class JobRecords
{
    public static IReadOnlyList<RecordKind> Kinds { get; } =
    [
        RecordKind.Of(
            EventNumber.JobBegan,
            static (JobBegan began) => new JobBeganRecord
            {
                Job = began.Job.Value,
                IdempotencyKey = began.IdempotencyKey,
                Spec = Write(began.Spec),
                At = Values.Write(began.At),
            },
            static record => new JobBegan(new JobId(record.Job), record.IdempotencyKey, Read(record.Spec), Values.ReadTime(record.At))),
        RecordKind.Of(
            EventNumber.TaskResolving,
            static (TaskResolving resolving) => new TaskResolvingRecord { Task = Values.Write(resolving.Task) },
            static record => new TaskResolving(Values.Read(record.Task))),
        RecordKind.Of(
            EventNumber.TaskMerged,
            static (TaskMerged merged) => new TaskMergedRecord { Task = Values.Write(merged.Task), Execution = merged.Execution.Value },
            static record => new TaskMerged(Values.Read(record.Task), new ExecutionId(record.Execution))),
        RecordKind.Of(
            EventNumber.TaskFinished,
            static (TaskFinished finished) => new TaskFinishedRecord
            {
                Task = Values.Write(finished.Task),
                Outcome = (int)finished.Outcome,
                Message = finished.Message,
                At = Values.Write(finished.At),
            },
            static record => new TaskFinished(Values.Read(record.Task), (Outcome)record.Outcome, record.Message, Values.ReadTime(record.At))),
        RecordKind.Of(
            EventNumber.JobCancelRequested,
            static (JobCancelRequested requested) => new JobCancelRequestedRecord { Job = requested.Job.Value, Reason = requested.Reason },
            static record => new JobCancelRequested(new JobId(record.Job), record.Reason)),
        RecordKind.Of(
            EventNumber.JobEnded,
            static (JobEnded ended) => new JobEndedRecord { Job = ended.Job.Value, At = Values.Write(ended.At) },
            static record => new JobEnded(new JobId(record.Job), Values.ReadTime(record.At))),
    ];

    internal static JobSpecRecord Write(JobSpec spec)
    {
        var record = new JobSpecRecord
        {
            Name = spec.Name,
            Priority = spec.Priority,
            Submitter = spec.Submitter,
            Identity = spec.Identity,
            FailFast = spec.FailFast,
            Parent = spec.Parent is { } parent ? Values.Write(parent) : null,
            Deadline = spec.Deadline.Ticks,
            Instance = spec.Instance,
            SupersedeKey = spec.SupersedeKey,
        };
        foreach (var task in spec.Tasks)
        {
            record.Tasks.Add(Write(task));
        }

        return record;
    }

    internal static JobSpec Read(JobSpecRecord? record) => record is null
        ? throw Values.Absent("a spec")
        : new JobSpec(record.Name, [.. record.Tasks.Select(Read)])
        {
            Priority = record.Priority,
            Submitter = record.Submitter,
            Identity = record.Identity,
            FailFast = record.FailFast,
            Parent = record.Parent is { } parent ? Values.Read(parent) : null,
            Deadline = new TimeSpan(record.Deadline),
            Instance = record.Instance,
            SupersedeKey = record.SupersedeKey,
        };

    internal static TaskSpecRecord Write(TaskSpec task)
    {
        var record = new TaskSpecRecord
        {
            Name = task.Name,
            Resources = task.Resources == Resources.None ? null : Values.Write(task.Resources),
            Timeout = task.Timeout.Ticks,
            ExpectedDuration = task.ExpectedDuration.Ticks,
            Priority = task.Priority,
            Retries = task.Retries,
            Kind = (int)task.Kind,
            Uncacheable = !task.Cacheable,
            SkipLookUp = task.SkipLookUp,
            Deadline = task.Deadline.Ticks,
            ExpectedMemoryBytes = task.ExpectedMemoryBytes,
        };
        record.Needs.AddRange(task.Needs);
        record.Exclusive.AddRange(task.Exclusive);
        Values.Write(task.Platform, record.Platform);
        return record;
    }

    internal static TaskSpec Read(TaskSpecRecord record) => new(record.Name)
    {
        Needs = [.. record.Needs],
        Resources = Values.Read(record.Resources),
        Platform = Values.Read(record.Platform),
        Timeout = new TimeSpan(record.Timeout),
        ExpectedDuration = new TimeSpan(record.ExpectedDuration),
        Priority = record.Priority,
        Retries = record.Retries,
        Kind = (TaskKind)record.Kind,
        Cacheable = !record.Uncacheable,
        SkipLookUp = record.SkipLookUp,
        Exclusive = [.. record.Exclusive],
        Deadline = new TimeSpan(record.Deadline),
        ExpectedMemoryBytes = record.ExpectedMemoryBytes,
    };
}
