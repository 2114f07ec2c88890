using BuildFarm.Coordinator.Journal;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Events;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Lease = BuildFarm.Scheduling.Lease;
using ResultOrigin = BuildFarm.Scheduling.ResultOrigin;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>
/// Who ran the attempts that have no result to say it, from the records of the journal: of every execution that is not gone, what ran and
/// what runs. An attempt whose result was accepted leaves the book, because the result names its worker.
/// </summary>
public sealed class AttemptBook
{
    private readonly Dictionary<WorkerId, AttemptFacts> _workers = [];
    private readonly Dictionary<ExecutionId, List<TaskAttempt>> _attempts = [];
    private readonly List<ExecutionId> _gone = [];

    /// <summary>Whether a record changes the book.</summary>
    public static bool Takes(JournalEntry entry) =>
        entry is { Fact: WorkerDescribed or AttemptsNoted } or
        {
            Change: AttemptStarted or CopyStarted or AttemptRequeued or CopyEnded or ExecutionFinished or ExecutionAbandoned or WorkerForgotten,
        };

    /// <summary>Takes a record. What of an execution that ends with it can be read until <see cref="ForgetGone"/>.</summary>
    public void Apply(JournalEntry entry)
    {
        switch ((object?)entry.Fact ?? entry.Change)
        {
            case WorkerDescribed described:
                _workers[new WorkerId(described.Worker)] = described.Facts;
                break;
            case AttemptsNoted { Task: null } noted:
                _attempts[noted.Execution] = [.. noted.Attempts];
                break;
            case WorkerForgotten forgotten:
                _workers.Remove(forgotten.Worker);
                break;
            case AttemptStarted started:
                Start(started.Lease, started.Worker, started.At);
                break;
            case CopyStarted started:
                Start(started.Lease, started.Worker, started.At);
                break;
            case AttemptRequeued requeued:
                End(requeued.Lease, requeued.Cause, requeued.Message);
                break;
            case CopyEnded ended:
                End(ended.Lease, ended.Cause, ended.Message);
                break;
            case ExecutionFinished finished:
                Finish(finished);
                break;
            case ExecutionAbandoned abandoned:
                _gone.Add(abandoned.Execution);
                break;
        }
    }

    /// <summary>The attempts of an execution that have ended; with its task, those that ran until then too. Oldest first; nobody changes them.</summary>
    /// <param name="execution">Null for none.</param>
    /// <param name="withTask">A task of it has ended now.</param>
    public IReadOnlyList<TaskAttempt> Of(ExecutionId? execution, bool withTask)
    {
        if (execution is not { } known || !_attempts.TryGetValue(known, out var attempts))
        {
            return [];
        }

        return withTask
            ? attempts.ConvertAll(static attempt => Runs(attempt) ? new TaskAttempt(attempt) { End = AttemptEnd.WithTask } : attempt)
            : attempts.FindAll(static attempt => !Runs(attempt));
    }

    /// <summary>Forgets executions that have ended.</summary>
    public void ForgetGone()
    {
        foreach (var execution in _gone)
        {
            _attempts.Remove(execution);
        }

        _gone.Clear();
    }

    /// <summary>What gives this book again.</summary>
    public IEnumerable<JournalFact> Snapshot() =>
        _workers.Select(static worker => (JournalFact)new WorkerDescribed(worker.Key.Value, worker.Value))
            .Concat(_attempts.Select(static noted => new AttemptsNoted(noted.Key, Task: null, [.. noted.Value])));

    private static bool Runs(TaskAttempt attempt) => attempt.End == AttemptEnd.Unspecified;

    private void Start(Lease lease, WorkerId worker, DateTimeOffset at)
    {
        if (!_attempts.TryGetValue(lease.Execution, out var attempts))
        {
            _attempts.Add(lease.Execution, attempts = new List<TaskAttempt>(1));
        }

        attempts.Add(new TaskAttempt { Number = lease.Epoch, Worker = worker.Value, StartedAt = at.ToTimestamp(), RanOn = _workers.GetValueOrDefault(worker) });
    }

    private void End(Lease lease, RequeueCause cause, string message)
    {
        if (_attempts.TryGetValue(lease.Execution, out var attempts) && attempts.FindIndex(attempt => attempt.Number == lease.Epoch) is >= 0 and var place)
        {
            // Another object: whoever was told of it while it ran keeps that.
            attempts[place] = new TaskAttempt(attempts[place]) { End = EndOf(cause), Message = message };
        }
    }

    private void Finish(ExecutionFinished finished)
    {
        _gone.Add(finished.Execution);
        if (finished.Origin != ResultOrigin.Executed || !_attempts.TryGetValue(finished.Execution, out var attempts))
        {
            return;
        }

        // One of two wins by its epoch; of one alone the event does not need to say it.
        var accepted = attempts.FindIndex(attempt => Runs(attempt) && (finished.Epoch == 0 || attempt.Number == finished.Epoch));
        for (var i = 0; i < attempts.Count; i++)
        {
            if (i != accepted && Runs(attempts[i]))
            {
                attempts[i] = new TaskAttempt(attempts[i]) { End = AttemptEnd.Outrun, Message = "another attempt ended first" };
            }
        }

        if (accepted >= 0 && finished.Result is not null)
        {
            attempts.RemoveAt(accepted);
        }
    }

    private static AttemptEnd EndOf(RequeueCause cause) => cause switch
    {
        RequeueCause.Released or RequeueCause.Declined => AttemptEnd.GivenBack,
        RequeueCause.TaskRetry => AttemptEnd.Failed,
        RequeueCause.OutOfMemory => AttemptEnd.OutOfMemory,
        RequeueCause.OneOfTwo => AttemptEnd.Outrun,
        _ => AttemptEnd.Infrastructure,
    };
}
