using BuildFarm.Journal.V1;
using BuildFarm.Scheduling;
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
            LentCpuMillis = holding.LentCpuMillis,
        };
        record.Exclusive.AddRange(holding.Exclusive);
        foreach (var wait in holding.Waits)
        {
            record.Waits.Add(new WaitRecord
            {
                Wait = wait.Wait,
                Child = wait.Child.Value,
                CpuMillis = wait.CpuMillis,
                Bound = wait.Bound.Ticks,
                Step = (int)wait.Step,
                Answer = (int)wait.Answer,
                Turn = wait.Turn,
            });
        }

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
            LentCpuMillis = record.LentCpuMillis,
            Waits = [.. record.Waits.Select(Read)],
            StartedAt = record.HasStartedAt ? Values.ReadTime(record.StartedAt) : null,
            Exclusive = [.. record.Exclusive],
        };

    private static RestoredWait Read(WaitRecord record) => new(
        record.Wait, new JobId(record.Child), record.CpuMillis, new TimeSpan(record.Bound), (WaitStep)record.Step, (ChildAnswer)record.Answer, record.Turn);
}
