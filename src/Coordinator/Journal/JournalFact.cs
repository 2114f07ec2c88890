using BuildFarm.Scheduling;
using BuildFarm.V1;

namespace BuildFarm.Coordinator.Journal;

/// <summary>
/// What the coordinator must remember beside the scheduler's events, because the scheduler only holds handles to it. It is
/// recorded before the events of its command, and not at all when there are none.
/// </summary>
public abstract record JournalFact;

/// <summary>What was submitted, with the templates.</summary>
/// <param name="JobId">The id that the job was given.</param>
/// <param name="Request">As it came.</param>
public sealed record JobSubmitted(string JobId, SubmitJobRequest Request) : JournalFact;

/// <summary>What a result handle of the scheduler stands for.</summary>
/// <param name="Handle">The handle's key.</param>
/// <param name="Completion">As the worker, or the action cache, told it.</param>
public sealed record ResultReceived(string Handle, Completion Completion) : JournalFact;

/// <summary>
/// The name that tells this journal's executions from those of any other: the scheduler numbers them from 1. The first
/// record of a journal.
/// </summary>
/// <param name="Name">Lower-case hexadecimal digits.</param>
public sealed record JournalNamed(string Name) : JournalFact;

/// <summary>Who a worker is, recorded when it links.</summary>
/// <param name="Worker">Its id.</param>
/// <param name="Facts">As its offer has them.</param>
public sealed record WorkerDescribed(string Worker, AttemptFacts Facts) : JournalFact;

/// <summary>Attempts so far, in a snapshot, which has not the events that tell of them.</summary>
/// <param name="Execution">Whose, when it has not ended.</param>
/// <param name="Task">Whose, when it has ended; else null.</param>
/// <param name="Attempts">Oldest first.</param>
public sealed record AttemptsNoted(ExecutionId Execution, TaskId? Task, IReadOnlyList<TaskAttempt> Attempts) : JournalFact;
