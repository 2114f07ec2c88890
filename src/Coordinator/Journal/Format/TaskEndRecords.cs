using BuildFarm.Journal.V1;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Coordinator.Journal.Format;

/// <summary>How tasks ended, in records of jobs.</summary>
internal static class TaskEndRecords
{
    public static TaskEndRecord? Write(TaskEnd? end)
    {
        if (end is null)
        {
            return null;
        }

        var record = new TaskEndRecord
        {
            Outcome = (int)end.Outcome,
            Message = end.Message,
            At = Values.Write(end.At),
            Origin = (int)end.Origin,
            ExitCode = end.ExitCode,
            Usage = Values.Write(end.Usage),
            Attempt = end.Attempt,
            TaskFailures = end.Charges.TaskFailures,
            InfrastructureLosses = end.Charges.InfrastructureLosses,
            MemoryBytes = end.Charges.MemoryBytes,
            OutOfMemoryAt = end.Charges.OutOfMemoryAt,
        };
        if (end.Result is { } result)
        {
            record.Result = result.Key;
        }

        if (end.Execution is { } execution)
        {
            record.Execution = execution.Value;
        }

        if (end.Action is { } action)
        {
            record.Action = action.Key;
        }

        if (end.Worker is { } worker)
        {
            record.Worker = worker.Value;
        }

        if (end.QueuedAt is { } queued)
        {
            record.QueuedAt = Values.Write(queued);
        }

        if (end.StartedAt is { } started)
        {
            record.StartedAt = Values.Write(started);
        }

        return record;
    }

    public static TaskEnd? Read(TaskEndRecord? record) => record is null
        ? null
        : new TaskEnd((Outcome)record.Outcome, record.Message, Values.ReadTime(record.At))
        {
            Origin = (ResultOrigin)record.Origin,
            ExitCode = record.ExitCode,
            Result = record.HasResult ? new ResultHandle(record.Result) : null,
            Usage = Values.Read(record.Usage),
            Execution = record.HasExecution ? new ExecutionId(record.Execution) : null,
            Action = record.HasAction ? new ActionId(record.Action) : null,
            Attempt = record.Attempt,
            Charges = new AttemptCharges(record.TaskFailures, record.InfrastructureLosses, record.MemoryBytes, record.OutOfMemoryAt),
            Worker = record.HasWorker ? new WorkerId(record.Worker) : null,
            QueuedAt = record.HasQueuedAt ? Values.ReadTime(record.QueuedAt) : null,
            StartedAt = record.HasStartedAt ? Values.ReadTime(record.StartedAt) : null,
        };
}
