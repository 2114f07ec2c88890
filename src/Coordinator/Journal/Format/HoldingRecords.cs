using BuildFarm.Journal.V1;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Coordinator.Journal.Format;

/// <summary>Parts of records of snapshots: attempts that workers have.</summary>
internal static class HoldingRecords
{
    public static HoldingRecord Write(RestoredHolding holding)
    {
        var record = new HoldingRecord
        {
            Lease = Values.Write(holding.Lease),
            Charge = Values.Write(holding.Charge),
            State = (int)holding.State,
            Since = holding.Since,
            GoneAt = holding.GoneAt,
            Alone = holding.Alone,
        };
        record.Exclusive.AddRange(holding.Exclusive);
        if (holding.StartedAt is { } started)
        {
            record.StartedAt = Values.Write(started);
        }

        return record;
    }

    public static RestoredHolding Read(HoldingRecord record) =>
        new(Values.Read(record.Lease), Values.Read(record.Charge), (HoldingState)record.State, record.Since, record.GoneAt)
        {
            Alone = record.Alone,
            StartedAt = record.HasStartedAt ? Values.ReadTime(record.StartedAt) : null,
            Exclusive = [.. record.Exclusive],
        };
}
