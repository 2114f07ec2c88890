using BuildFarm.Journal.V1;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Coordinator.Journal.Format;

/// <summary>Records of snapshots: totals, pools, workers and jobs.</summary>
internal static class SnapshotRecords
{
    public static IReadOnlyList<RecordKind> Kinds { get; } =
    [
        RecordKind.Of<StateRestored, StateRestoredRecord>(EventNumber.StateRestored, Write, Read),
        RecordKind.Of(
            EventNumber.PoolRestored,
            static (PoolRestored restored) => new PoolRestoredRecord { Pool = WorkerRecords.Write(restored.Pool), Declared = restored.Declared },
            static record => new PoolRestored(WorkerRecords.Read(record.Pool ?? throw Values.Absent("a pool")), record.Declared)),
        RecordKind.Of<WorkerRestored, WorkerRestoredRecord>(EventNumber.WorkerRestored, Write, Read),
        RecordKind.Of<JobRestored, JobRestoredRecord>(EventNumber.JobRestored, Write, Read),
        RecordKind.Of(
            EventNumber.TasksRestored,
            static (TasksRestored restored) => new TasksRestoredRecord
            {
                Job = restored.Job.Value,
                First = restored.First,
                Specs = { restored.Specs.Select(JobRecords.Write) },
                Tasks = { restored.Tasks.Select(Write) },
            },
            static record => new TasksRestored(new JobId(record.Job), record.First, [.. record.Specs.Select(JobRecords.Read)], [.. record.Tasks.Select(Read)])),
    ];

    private static StateRestoredRecord Write(StateRestored restored) => new()
    {
        Counters = new CountersRecord
        {
            JobsAccepted = restored.Counters.JobsAccepted,
            JobsFinished = restored.Counters.JobsFinished,
            AttemptsStarted = restored.Counters.AttemptsStarted,
            AttemptsLost = restored.Counters.AttemptsLost,
            CompletionsAccepted = restored.Counters.CompletionsAccepted,
            CompletionsRefused = restored.Counters.CompletionsRefused,
            WorkersLinked = restored.Counters.WorkersLinked,
            WorkersUnlinked = restored.Counters.WorkersUnlinked,
            WorkersLost = restored.Counters.WorkersLost,
            CopiesStarted = restored.Counters.CopiesStarted,
            PlacedWithInputs = restored.Counters.PlacedWithInputs,
            PlacedElsewhere = restored.Counters.PlacedElsewhere,
        },
        LastExecution = restored.LastExecution,
        RevisionFloor = restored.RevisionFloor,
        Keys = { restored.Keys.Select(static key => new KeyRecord { Key = key.Key, Job = key.Job.Value, Identity = key.Identity }) },
        FinishedKeys = { restored.FinishedKeys },
        Levels = { restored.Levels.Select(static level => new LevelRecord { Priority = level.Priority, Pass = level.Pass }) },
    };

    private static StateRestored Read(StateRestoredRecord record)
    {
        var counters = record.Counters ?? throw Values.Absent("the counters");
        return new StateRestored(
            new SchedulerCounters(
                counters.JobsAccepted,
                counters.JobsFinished,
                counters.AttemptsStarted,
                counters.AttemptsLost,
                counters.CompletionsAccepted,
                counters.CompletionsRefused,
                counters.WorkersLinked,
                counters.WorkersUnlinked,
                counters.WorkersLost)
            {
                CopiesStarted = counters.CopiesStarted,
                PlacedWithInputs = counters.PlacedWithInputs,
                PlacedElsewhere = counters.PlacedElsewhere,
            },
            record.LastExecution,
            record.RevisionFloor,
            [.. record.Keys.Select(static key => new RestoredKey(key.Key, new JobId(key.Job), key.Identity))],
            [.. record.FinishedKeys])
        {
            Levels = [.. record.Levels.Select(static level => new RestoredLevel(level.Priority, level.Pass))],
        };
    }

    private static WorkerRestoredRecord Write(WorkerRestored restored)
    {
        var record = new WorkerRestoredRecord
        {
            Worker = restored.Worker.Value,
            Incarnation = restored.Incarnation,
            Offer = WorkerRecords.Write(restored.Offer),
            LinkedAt = Values.Write(restored.LinkedAt),
            Linked = restored.Linked,
            Lost = restored.Lost,
            DrainsByItself = restored.DrainsByItself,
            DrainedByOperator = restored.DrainedByOperator,
            Revision = restored.Revision,
            Conduct = QuarantineRecords.Write(restored.Conduct),
            Evicted = restored.Evicted,
            Disconnects = restored.Disconnects,
        };
        record.Holdings.AddRange(restored.Holdings.Select(HoldingRecords.Write));
        record.Recent.AddRange(restored.Recent.Select(static mark => new KeyMarkRecord { Key = (ulong)mark.Key, At = mark.At }));
        return record;
    }

    private static WorkerRestored Read(WorkerRestoredRecord record) =>
        new(new WorkerId(record.Worker), record.Incarnation, WorkerRecords.Read(record.Offer), Values.ReadTime(record.LinkedAt))
        {
            Linked = record.Linked,
            Lost = record.Lost,
            DrainsByItself = record.DrainsByItself,
            DrainedByOperator = record.DrainedByOperator,
            Revision = record.Revision,
            Evicted = record.Evicted,
            Disconnects = record.Disconnects,
            Holdings =
            [
                .. record.Holdings.Select(HoldingRecords.Read),
            ],
            Conduct = QuarantineRecords.Read(record.Conduct),
            Recent = [.. record.Recent.Select(static mark => new RestoredMark((long)mark.Key, mark.At))],
        };

    private static JobRestoredRecord Write(JobRestored restored)
    {
        var counts = restored.Counts;
        var record = new JobRestoredRecord
        {
            Job = restored.Job.Value,
            IdempotencyKey = restored.IdempotencyKey,
            Spec = JobRecords.Write(restored.Spec),
            At = Values.Write(restored.At),
            Sequence = restored.Sequence,
            Cancelling = restored.Cancelling,
            CancelReason = restored.CancelReason,
            TasksToFollow = restored.TasksToFollow,
            Counts = new JobCountsRecord
            {
                Submitted = counts.Submitted,
                Succeeded = counts.Succeeded,
                Failed = counts.Failed,
                TimedOut = counts.TimedOut,
                OutOfMemory = counts.OutOfMemory,
                ResourceLimited = counts.ResourceLimited,
                Cancelled = counts.Cancelled,
                Infrastructure = counts.Infrastructure,
                FromCache = counts.FromCache,
                Attempts = counts.Attempts,
            },
        };
        record.Flows.AddRange(restored.Flows.Select(static flow => new FlowRecord
        {
            Priority = flow.Priority,
            Pass = flow.Pass,
            MeanTicks = flow.MeanTicks,
            Waits = flow.Waits,
        }));
        record.Tasks.AddRange(restored.Tasks.Select(Write));
        return record;
    }

    private static JobRestored Read(JobRestoredRecord record)
    {
        var counts = record.Counts ?? throw Values.Absent("the counts");
        return new JobRestored(new JobId(record.Job), record.IdempotencyKey, JobRecords.Read(record.Spec), Values.ReadTime(record.At), record.Sequence)
        {
            Cancelling = record.Cancelling,
            CancelReason = record.CancelReason,
            Counts = new JobCounts(
                counts.Submitted,
                counts.Succeeded,
                counts.Failed,
                counts.TimedOut,
                counts.OutOfMemory,
                counts.ResourceLimited,
                counts.Cancelled,
                counts.Infrastructure,
                counts.FromCache,
                counts.Attempts),
            Flows = [.. record.Flows.Select(static flow => new RestoredFlow(flow.Priority, flow.Pass, flow.MeanTicks, flow.Waits))],
            Tasks = [.. record.Tasks.Select(Read)],
            TasksToFollow = record.TasksToFollow,
        };
    }

    private static TaskRecord Write(RestoredTask task) => new() { Step = (int)task.Step, End = TaskEndRecords.Write(task.End) };

    private static RestoredTask Read(TaskRecord record) => new((TaskStep)record.Step, TaskEndRecords.Read(record.End));
}
