using BuildFarm.Journal.V1;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Events;

namespace BuildFarm.Coordinator.Journal.Format;

/// <summary>Records of executions and their attempts.</summary>
internal static class ExecutionRecords
{
    public static IReadOnlyList<RecordKind> Kinds { get; } =
    [
        RecordKind.Of(
            EventNumber.ExecutionCreated,
            static (ExecutionCreated created) => new ExecutionCreatedRecord
            {
                Execution = created.Execution.Value,
                Action = created.Action.Key,
                Task = Values.Write(created.Task),
                Cacheable = created.Cacheable,
                Locality = { Values.Write(created.Locality) },
            },
            static record => new ExecutionCreated(
                new ExecutionId(record.Execution), new ActionId(record.Action), Values.Read(record.Task), record.Cacheable)
            {
                Locality = Values.ReadLocality(record.Locality),
            }),
        RecordKind.Of(
            EventNumber.ExecutionQueued,
            static (ExecutionQueued queued) => new ExecutionQueuedRecord { Execution = queued.Execution.Value, At = Values.Write(queued.At) },
            static record => new ExecutionQueued(new ExecutionId(record.Execution), Values.ReadTime(record.At))),
        RecordKind.Of(
            EventNumber.BandAged,
            static (BandAged aged) => new BandAgedRecord { Execution = aged.Execution.Value },
            static record => new BandAged(new ExecutionId(record.Execution))),
        RecordKind.Of(
            EventNumber.AttemptStarted,
            static (AttemptStarted started) => new AttemptStartedRecord
            {
                Lease = Values.Write(started.Lease),
                Worker = started.Worker.Value,
                Charge = Values.Write(started.Charge),
                At = Values.Write(started.At),
                Overtook = started.Overtook?.Value ?? 0,
            },
            static record => new AttemptStarted(
                Values.Read(record.Lease),
                new WorkerId(record.Worker),
                Values.Read(record.Charge),
                Values.ReadTime(record.At),
                record.Overtook == 0 ? null : new ExecutionId(record.Overtook))),
        RecordKind.Of(
            EventNumber.CopyStarted,
            static (CopyStarted started) => new CopyStartedRecord
            {
                Lease = Values.Write(started.Lease),
                Worker = started.Worker.Value,
                Charge = Values.Write(started.Charge),
                At = Values.Write(started.At),
            },
            static record => new CopyStarted(
                Values.Read(record.Lease), new WorkerId(record.Worker), Values.Read(record.Charge), Values.ReadTime(record.At))),
        RecordKind.Of(
            EventNumber.CopyEnded,
            static (CopyEnded ended) => new CopyEndedRecord { Lease = Values.Write(ended.Lease), Cause = (int)ended.Cause, Message = ended.Message },
            static record => new CopyEnded(Values.Read(record.Lease), (RequeueCause)record.Cause, record.Message)),
        RecordKind.Of(
            EventNumber.NamesTaken,
            static (NamesTaken taken) => new NamesTakenRecord { Execution = taken.Execution.Value },
            static record => new NamesTaken(new ExecutionId(record.Execution))),
        RecordKind.Of(
            EventNumber.AttemptRequeued,
            static (AttemptRequeued requeued) => new AttemptRequeuedRecord
            {
                Lease = Values.Write(requeued.Lease),
                Cause = (int)requeued.Cause,
                Message = requeued.Message,
                Alone = requeued.Alone,
                MemoryBytes = requeued.MemoryBytes,
            },
            static record => new AttemptRequeued(Values.Read(record.Lease), (RequeueCause)record.Cause, record.Message)
            {
                Alone = record.Alone,
                MemoryBytes = record.MemoryBytes,
            }),
        RecordKind.Of<ExecutionFinished, ExecutionFinishedRecord>(EventNumber.ExecutionFinished, Write, Read),
        RecordKind.Of(
            EventNumber.ExecutionAbandoned,
            static (ExecutionAbandoned abandoned) => new ExecutionAbandonedRecord { Execution = abandoned.Execution.Value },
            static record => new ExecutionAbandoned(new ExecutionId(record.Execution))),
    ];

    private static ExecutionFinishedRecord Write(ExecutionFinished finished)
    {
        var record = new ExecutionFinishedRecord
        {
            Execution = finished.Execution.Value,
            Origin = (int)finished.Origin,
            Outcome = (int)finished.Outcome,
            ExitCode = finished.ExitCode,
            Message = finished.Message,
            Usage = Values.Write(finished.Usage),
            At = Values.Write(finished.At),
            Epoch = finished.Epoch,
        };
        if (finished.Result is { } result)
        {
            record.Result = result.Key;
        }

        return record;
    }

    private static ExecutionFinished Read(ExecutionFinishedRecord record) => new(
        new ExecutionId(record.Execution),
        (ResultOrigin)record.Origin,
        (Outcome)record.Outcome,
        record.ExitCode,
        record.HasResult ? new ResultHandle(record.Result) : null,
        record.Message,
        Values.Read(record.Usage),
        Values.ReadTime(record.At)) { Epoch = record.Epoch };
}
