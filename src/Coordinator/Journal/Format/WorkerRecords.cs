using BuildFarm.Journal.V1;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Events;

namespace BuildFarm.Coordinator.Journal.Format;

/// <summary>Records of pools and workers.</summary>
internal static class WorkerRecords
{
    public static IReadOnlyList<RecordKind> Kinds { get; } =
    [
        RecordKind.Of(
            EventNumber.PoolsDeclared,
            static (PoolsDeclared declared) => new PoolsDeclaredRecord { Pools = { declared.Pools.Select(Write) } },
            static record => new PoolsDeclared([.. record.Pools.Select(Read)])),
        RecordKind.Of(
            EventNumber.WorkerJoined,
            static (WorkerJoined joined) => new WorkerJoinedRecord
            {
                Worker = joined.Worker.Value,
                Incarnation = joined.Incarnation,
                Offer = Write(joined.Offer),
                At = Values.Write(joined.At),
            },
            static record => new WorkerJoined(new WorkerId(record.Worker), record.Incarnation, Read(record.Offer), Values.ReadTime(record.At))),
        RecordKind.Of(
            EventNumber.WorkerReturned,
            static (WorkerReturned returned) => new WorkerReturnedRecord { Worker = returned.Worker.Value },
            static record => new WorkerReturned(new WorkerId(record.Worker))),
        RecordKind.Of(
            EventNumber.WorkerDisconnected,
            static (WorkerDisconnected disconnected) => new WorkerDisconnectedRecord { Worker = disconnected.Worker.Value },
            static record => new WorkerDisconnected(new WorkerId(record.Worker))),
        RecordKind.Of(
            EventNumber.WorkerExpired,
            static (WorkerExpired expired) => new WorkerExpiredRecord { Worker = expired.Worker.Value },
            static record => new WorkerExpired(new WorkerId(record.Worker))),
        RecordKind.Of(
            EventNumber.WorkerForgotten,
            static (WorkerForgotten forgotten) => new WorkerForgottenRecord { Worker = forgotten.Worker.Value },
            static record => new WorkerForgotten(new WorkerId(record.Worker))),
        RecordKind.Of(
            EventNumber.WorkerDrainChanged,
            static (WorkerDrainChanged drain) => new WorkerDrainChangedRecord
            {
                Worker = drain.Worker.Value,
                ByItself = drain.ByItself,
                ByOperator = drain.ByOperator,
            },
            static record => new WorkerDrainChanged(new WorkerId(record.Worker), record.ByItself, record.ByOperator)),
        RecordKind.Of(
            EventNumber.HoldingDropped,
            static (HoldingDropped dropped) => new HoldingDroppedRecord { Worker = dropped.Worker.Value, Lease = Values.Write(dropped.Lease) },
            static record => new HoldingDropped(new WorkerId(record.Worker), Values.Read(record.Lease))),
        RecordKind.Of(
            EventNumber.WorkerReserved,
            static (WorkerReserved reserved) => new WorkerReservedRecord { Worker = reserved.Worker.Value, Execution = reserved.Execution.Value },
            static record => new WorkerReserved(new WorkerId(record.Worker), new ExecutionId(record.Execution))),
        RecordKind.Of(
            EventNumber.WorkerEvicted,
            static (WorkerEvicted evicted) => new WorkerEvictedRecord { Worker = evicted.Worker.Value, Reason = evicted.Reason },
            static record => new WorkerEvicted(new WorkerId(record.Worker), record.Reason)),
        RecordKind.Of(
            EventNumber.WorkerReadmitted,
            static (WorkerReadmitted readmitted) => new WorkerReadmittedRecord { Worker = readmitted.Worker.Value },
            static record => new WorkerReadmitted(new WorkerId(record.Worker))),
    ];

    internal static PoolRecord Write(PoolSpec pool)
    {
        var record = new PoolRecord
        {
            Name = pool.Name,
            DefaultMemoryBytes = pool.DefaultMemoryBytes,
            LargestWorker = pool.LargestWorker is { } largest ? Values.Write(largest) : null,
        };
        Values.Write(pool.Platform, record.Platform);
        return record;
    }

    internal static PoolSpec Read(PoolRecord record) => new(record.Name, Values.Read(record.Platform))
    {
        DefaultMemoryBytes = record.DefaultMemoryBytes,
        LargestWorker = record.LargestWorker is null ? null : Values.Read(record.LargestWorker),
    };

    internal static OfferRecord Write(WorkerOffer offer)
    {
        var record = new OfferRecord { Pool = offer.Pool, Capacity = Values.Write(offer.Capacity) };
        Values.Write(offer.Platform, record.Platform);
        return record;
    }

    internal static WorkerOffer Read(OfferRecord? record) => record is null
        ? throw Values.Absent("an offer")
        : new WorkerOffer(record.Pool, Values.Read(record.Platform), Values.Read(record.Capacity));
}
