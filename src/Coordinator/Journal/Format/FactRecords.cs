using BuildFarm.Journal.V1;
using BuildFarm.Scheduling;

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
        RecordKind.OfFact(
            30003,
            static (WorkerDescribed described) => new WorkerDescribedRecord { Worker = described.Worker, Facts = described.Facts },
            static record => new WorkerDescribed(record.Worker, record.Facts ?? throw Values.Absent("the facts"))),
        RecordKind.OfFact(
            30004,
            static (AttemptsNoted noted) => new AttemptsNotedRecord
            {
                Execution = noted.Execution.Value,
                Task = noted.Task is { } task ? Values.Write(task) : null,
                Attempts = { noted.Attempts },
            },
            static record => new AttemptsNoted(new ExecutionId(record.Execution), record.Task is null ? null : Values.Read(record.Task), record.Attempts)),
    ];
}
