using BuildFarm.Journal.V1;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Events;

namespace BuildFarm.Coordinator.Journal.Format;

/// <summary>Records of attempts that wait for children.</summary>
internal static class FamilyRecords
{
    public static IReadOnlyList<RecordKind> Kinds { get; } =
    [
        RecordKind.Of(
            EventNumber.ParentWaiting,
            static (ParentWaiting waiting) => new ParentWaitingRecord
            {
                Parent = Values.Write(waiting.Parent),
                Wait = waiting.Wait,
                Child = waiting.Child.Value,
                CpuMillis = waiting.CpuMillis,
                Bound = waiting.Bound.Ticks,
            },
            static record => new ParentWaiting(
                Values.Read(record.Parent), record.Wait, new JobId(record.Child), record.CpuMillis, new TimeSpan(record.Bound))),
        RecordKind.Of(
            EventNumber.ParentResuming,
            static (ParentResuming resuming) => new ParentResumingRecord
            {
                Parent = Values.Write(resuming.Parent),
                Wait = resuming.Wait,
                Answer = (int)resuming.Answer,
            },
            static record => new ParentResuming(Values.Read(record.Parent), record.Wait, (ChildAnswer)record.Answer)),
        RecordKind.Of(
            EventNumber.ParentResumed,
            static (ParentResumed resumed) => new ParentResumedRecord { Parent = Values.Write(resumed.Parent), Wait = resumed.Wait },
            static record => new ParentResumed(Values.Read(record.Parent), record.Wait)),
        RecordKind.Of(
            EventNumber.LocalRunEnded,
            static (LocalRunEnded ended) => new LocalRunEndedRecord { Parent = Values.Write(ended.Parent), Wait = ended.Wait },
            static record => new LocalRunEnded(Values.Read(record.Parent), record.Wait)),
    ];
}
