using BuildFarm.Journal.V1;

namespace BuildFarm.Coordinator.Journal.Format;

/// <summary>Records of the coordinator's own facts.</summary>
internal static class FactRecords
{
    public static IReadOnlyList<RecordKind> Kinds { get; } =
    [
        RecordKind.OfFact(
            30000,
            static (JobSubmitted submitted) => new JobSubmittedRecord { Job = submitted.JobId, Request = submitted.Request },
            static record => new JobSubmitted(record.Job, record.Request ?? throw Values.Absent("the request"))),
        RecordKind.OfFact(
            30001,
            static (ResultReceived received) => new ResultReceivedRecord { Handle = received.Handle, Completion = received.Completion },
            static record => new ResultReceived(record.Handle, record.Completion ?? throw Values.Absent("the completion"))),
        RecordKind.OfFact(
            30002,
            static (JournalNamed named) => new JournalNamedRecord { Name = named.Name },
            static record => new JournalNamed(record.Name)),
    ];
}
