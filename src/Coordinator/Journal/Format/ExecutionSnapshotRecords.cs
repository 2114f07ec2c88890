using BuildFarm.Journal.V1;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Coordinator.Journal.Format;

/// <summary>Records of snapshots: executions.</summary>
internal static class ExecutionSnapshotRecords
{
    public static IReadOnlyList<RecordKind> Kinds { get; } =
    [
        RecordKind.Of<ExecutionRestored, ExecutionRestoredRecord>(EventNumber.ExecutionRestored, Write, Read),
    ];

    private static ExecutionRestoredRecord Write(ExecutionRestored restored)
    {
        var record = new ExecutionRestoredRecord
        {
            Execution = restored.Execution.Value,
            Action = restored.Action.Key,
            Cacheable = restored.Cacheable,
            Phase = (int)restored.Phase,
            Resources = restored.Resources == Resources.None ? null : Values.Write(restored.Resources),
            Timeout = restored.Timeout.Ticks,
            Retries = restored.Retries,
            Epoch = restored.Epoch,
            LastMessage = restored.LastMessage,
            InfrastructureLosses = restored.InfrastructureLosses,
            TaskFailures = restored.TaskFailures,
            Priority = restored.Priority,
            JobSequence = restored.JobSequence,
            ExpectedDuration = restored.ExpectedDuration.Ticks,
            Overtaken = restored.Overtaken,
            Age = restored.Age,
            OfChild = restored.OfChild,
            LiveEpoch = restored.LiveEpoch,
            Copy = restored.Copy is { } copy ? new CopyRecord { Worker = copy.Worker.Value, Epoch = copy.Epoch } : null,
            Alone = restored.Alone,
            MemoryBefore = restored.MemoryBefore,
            MemoryBytes = restored.MemoryBytes,
            Counted = restored.Counted is { } counted
                ? new CountedRecord { JobSequence = counted.JobSequence, Priority = counted.Priority, Ticks = counted.Ticks, Flows = counted.Flows }
                : null,
        };
        Values.Write(restored.Platform, record.Platform);
        WriteOptional(restored, record);
        record.Exclusive.AddRange(restored.Exclusive);
        record.Locality.AddRange(Values.Write(restored.Locality));
        foreach (var worker in restored.Avoid)
        {
            record.Avoid.Add(worker.Value);
        }

        record.LostWorkers.AddRange(restored.LostWorkers.Select(static worker => worker.Value));
        record.Failures.AddRange(restored.Failures.Select(static failure => new FailureRecord { Worker = failure.Worker.Value, Era = failure.Era }));
        foreach (var waiter in restored.Waiters)
        {
            record.Waiters.Add(Values.Write(waiter));
        }

        return record;
    }

    private static void WriteOptional(ExecutionRestored restored, ExecutionRestoredRecord record)
    {
        if (restored.Worker is { } worker)
        {
            record.Worker = worker.Value;
        }

        if (restored.LastWorker is { } last)
        {
            record.LastWorker = last.Value;
        }

        if (restored.ReservedOn is { } reserved)
        {
            record.ReservedOn = reserved.Value;
        }

        if (restored.QueuedAt is { } queued)
        {
            record.QueuedAt = Values.Write(queued);
        }

        if (restored.StartedAt is { } started)
        {
            record.StartedAt = Values.Write(started);
        }
    }

    private static ExecutionRestored Read(ExecutionRestoredRecord record) =>
        new(new ExecutionId(record.Execution), new ActionId(record.Action), record.Cacheable, (ExecutionPhase)record.Phase)
        {
            Platform = Values.Read(record.Platform),
            Resources = Values.Read(record.Resources),
            Timeout = new TimeSpan(record.Timeout),
            Retries = record.Retries,
            Epoch = record.Epoch,
            Worker = record.HasWorker ? new WorkerId(record.Worker) : null,
            LastWorker = record.HasLastWorker ? new WorkerId(record.LastWorker) : null,
            LastMessage = record.LastMessage,
            InfrastructureLosses = record.InfrastructureLosses,
            TaskFailures = record.TaskFailures,
            Avoid = [.. record.Avoid.Select(static worker => new WorkerId(worker))],
            Alone = record.Alone,
            LostWorkers = [.. record.LostWorkers.Select(static worker => new WorkerId(worker))],
            Failures = [.. record.Failures.Select(static failure => new RestoredFailure(new WorkerId(failure.Worker), failure.Era))],
            MemoryBefore = record.MemoryBefore,
            MemoryBytes = record.MemoryBytes,
            Priority = record.Priority,
            JobSequence = record.JobSequence,
            ExpectedDuration = new TimeSpan(record.ExpectedDuration),
            Overtaken = record.Overtaken,
            Age = record.Age,
            OfChild = record.OfChild,
            Exclusive = [.. record.Exclusive],
            Locality = Values.ReadLocality(record.Locality),
            LiveEpoch = record.LiveEpoch,
            Copy = record.Copy is { } copy ? new RestoredCopy(new WorkerId(copy.Worker), copy.Epoch) : null,
            Counted = record.Counted is { } counted
                ? new RestoredCount(counted.JobSequence, counted.Priority, counted.Ticks, counted.Flows)
                : null,
            ReservedOn = record.HasReservedOn ? new WorkerId(record.ReservedOn) : null,
            QueuedAt = record.HasQueuedAt ? Values.ReadTime(record.QueuedAt) : null,
            StartedAt = record.HasStartedAt ? Values.ReadTime(record.StartedAt) : null,
            Waiters = [.. record.Waiters.Select(Values.Read)],
        };
}
