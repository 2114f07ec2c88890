using BuildFarm.Journal.V1;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Events;

namespace BuildFarm.Coordinator.Journal.Format;

/// <summary>Records of how workers do.</summary>
internal static class QuarantineRecords
{
    private static readonly RestoredConduct Unknown = new();

    public static IReadOnlyList<RecordKind> Kinds { get; } =
    [
        RecordKind.Of(
            EventNumber.WorkerQuarantined,
            static (WorkerQuarantined quarantined) => new WorkerQuarantinedRecord
            {
                Worker = quarantined.Worker.Value,
                Reason = quarantined.Reason,
                At = Values.Write(quarantined.At),
                Term = quarantined.Term.Ticks,
            },
            static record => new WorkerQuarantined(new WorkerId(record.Worker), record.Reason, Values.ReadTime(record.At), new TimeSpan(record.Term))),
        RecordKind.Of(
            EventNumber.WorkerReleased,
            static (WorkerReleased released) => new WorkerReleasedRecord { Worker = released.Worker.Value, OnProbation = released.OnProbation },
            static record => new WorkerReleased(new WorkerId(record.Worker), record.OnProbation)),
    ];

    internal static ConductRecord? Write(RestoredConduct conduct)
    {
        var record = new ConductRecord
        {
            Era = conduct.Era,
            Failed = { conduct.Failed.Select(static execution => execution.Value) },
            LastFailure = conduct.LastFailure,
            OnProbation = conduct.OnProbation,
            Times = conduct.Times,
        };
        if (conduct.Reason is { } reason)
        {
            record.Reason = reason;
            record.Since = Values.Write(conduct.Since);
            record.Term = conduct.Term.Ticks;
        }

        return record.CalculateSize() == 0 ? null : record;
    }

    internal static RestoredConduct Read(ConductRecord? record) => record is null ? Unknown : new RestoredConduct
    {
        Era = record.Era,
        Failed = [.. record.Failed.Select(static execution => new ExecutionId(execution))],
        LastFailure = record.LastFailure,
        OnProbation = record.OnProbation,
        Times = record.Times,
        Reason = record.HasReason ? record.Reason : null,
        Since = record.HasReason ? Values.ReadTime(record.Since) : default,
        Term = new TimeSpan(record.Term),
    };
}
