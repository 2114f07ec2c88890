using System.Collections.Immutable;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Events;
using BuildFarm.V1;

namespace BuildFarm.Coordinator.Journal;

/// <summary>What the records of a journal add up to: the scheduler's state, and the facts that its unfinished jobs need.</summary>
public sealed class JournalReplay(SchedulerState state)
{
    private readonly Dictionary<string, SubmitJobRequest> _submitted = new(StringComparer.Ordinal);
    private readonly ReplayedResults _results = new();
    private readonly ReplayedAttempts _attempts = new(state);

    /// <summary>The scheduler's part.</summary>
    public SchedulerState State => state;

    /// <summary>The journal's name; null before the record that has it.</summary>
    public string? Name { get; private set; }

    /// <summary>Events applied so far.</summary>
    public long Events { get; private set; }

    /// <summary>What was submitted as a job that has not ended.</summary>
    /// <exception cref="JournalException">There is no record of it.</exception>
    public SubmitJobRequest RequestOf(JobId job) => _submitted.GetValueOrDefault(job.Value)
        ?? throw new JournalException($"the journal has job {job} without what was submitted; it is damaged");

    /// <summary>What a handle stands for; null when no unfinished job has it.</summary>
    public Completion? FindResult(ResultHandle handle) => _results.Find(handle);

    /// <summary>Who ran what has not ended. Once all records are applied it goes on with whoever takes it.</summary>
    public AttemptBook Attempts => _attempts.Book;

    /// <summary>The attempts of a task that have no result to tell of them.</summary>
    public IReadOnlyList<TaskAttempt> AttemptsOf(TaskView task) => _attempts.Of(task);

    /// <summary>Takes the next record.</summary>
    /// <returns>A job that ends with it, as it was before it left the state; else null.</returns>
    /// <exception cref="JournalException">It does not fit what came before.</exception>
    public ReplayedJob? Apply(JournalEntry entry)
    {
        switch (entry.Fact)
        {
            case JobSubmitted submitted:
                _submitted[submitted.JobId] = submitted.Request;
                break;
            case ResultReceived received:
                _results.Receive(received);
                break;
            case JournalNamed named:
                Name = named.Name;
                break;
        }

        _attempts.Apply(entry);
        return entry.Change is { } change ? Apply(change) : null;
    }

    /// <summary>What gives all of this again when it is replayed: facts first, as in front of the events of a command.</summary>
    public IEnumerable<JournalEntry> Snapshot()
    {
        if (Name is not null)
        {
            yield return new JournalEntry(Change: null, new JournalNamed(Name));
        }

        foreach (var (job, request) in _submitted)
        {
            yield return new JournalEntry(Change: null, new JobSubmitted(job, request));
        }

        foreach (var result in _results.All)
        {
            yield return new JournalEntry(Change: null, result);
        }

        foreach (var fact in _attempts.Snapshot())
        {
            yield return new JournalEntry(Change: null, fact);
        }

        foreach (var change in state.Snapshot())
        {
            yield return new JournalEntry(change, Fact: null);
        }
    }

    private ReplayedJob? Apply(Event change)
    {
        Events++;
        var ending = change is JobEnded ended ? End(ended) : null;
        Claim(change);

        try
        {
            state.Apply(change);
        }
        catch (InvalidOperationException e)
        {
            throw new JournalException($"event {Events} of the journal, {change.Number}, does not fit what comes before it: {e.Message}", e);
        }

        _results.EventApplied();
        return ending;
    }

    private void Claim(Event change)
    {
        switch (change)
        {
            case ExecutionFinished { Result: { } result } finished:
                _results.Claim(result, state.CountWaiters(finished.Execution));
                break;
            case JobRestored restored:
                Claim(restored.Tasks);
                break;
            case TasksRestored restored:
                Claim(restored.Tasks);
                break;
        }
    }

    private void Claim(ImmutableArray<RestoredTask> tasks)
    {
        foreach (var task in tasks)
        {
            if (task.End?.Result is { } handle)
            {
                _results.ClaimOne(handle);
            }
        }
    }

    private ReplayedJob? End(JobEnded ended)
    {
        if (state.FindJob(ended.Job) is not { } view || !_submitted.Remove(ended.Job.Value, out var request))
        {
            return null;
        }

        var results = new Dictionary<string, Completion>(StringComparer.Ordinal);
        foreach (var handle in view.Tasks.Select(task => task.Result).OfType<ResultHandle>())
        {
            if (_results.Release(handle) is { } completion)
            {
                results[handle.Key] = completion;
            }
        }

        var attempts = _attempts.Release(ended.Job);
        return new ReplayedJob(
            view, request, ended.At, handle => results.GetValueOrDefault(handle.Key), task => attempts.GetValueOrDefault(task.Id.Index) ?? []);
    }
}
