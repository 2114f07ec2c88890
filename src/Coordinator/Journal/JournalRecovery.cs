using BuildFarm.Coordinator.Jobs;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Events;
using BuildFarm.V1;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Coordinator.Journal;

/// <summary>
/// Brings the state back from the journal before the first command: the scheduler's by its events, and the jobs' by the
/// facts recorded with them. Sequences of job events begin again; watchers that come back are told everything.
/// </summary>
public sealed partial class JournalRecovery(IJournal journal, IEventCodec codec, JobEventHub hub, ILogger<JournalRecovery> logger)
{
    private readonly Dictionary<string, SubmitJobRequest> _submitted = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Completion> _results = new(StringComparer.Ordinal);

    /// <exception cref="JournalException">A record is damaged or does not fit; nothing may be served from this state.</exception>
    public async ValueTask RunAsync(SchedulerState state, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(state);
        long events = 0;
        await journal.OpenAsync(cancellationToken);
        await foreach (var journalRecord in journal.ReadAsync(cancellationToken))
        {
            var entry = codec.Decode(journalRecord);
            Remember(entry.Fact);
            if (entry.Change is { } change)
            {
                Apply(state, change, ++events);
            }
        }

        var unfinished = state.Jobs();
        foreach (var job in unfinished)
        {
            var request = _submitted.GetValueOrDefault(job.Id.Value)
                ?? throw new JournalException($"the journal has job {job.Id} without what was submitted; it is damaged");
            hub.Restore(state.FindJob(job.Id)!, request, handle => _results.GetValueOrDefault(handle.Key));
        }

        if (events > 0)
        {
            LogRecovered(events, unfinished.Count);
        }

        _submitted.Clear();
        _results.Clear();
    }

    private void Remember(JournalFact? fact)
    {
        switch (fact)
        {
            case JobSubmitted submitted:
                _submitted[submitted.JobId] = submitted.Request;
                break;
            case ResultReceived received:
                _results[received.Handle] = received.Completion;
                break;
        }
    }

    private void Apply(SchedulerState state, Event change, long number)
    {
        try
        {
            state.Apply(change);
        }
        catch (InvalidOperationException e)
        {
            throw new JournalException($"event {number} of the journal, {change.Number}, does not fit what comes before it: {e.Message}", e);
        }

        if (change is JobEnded ended)
        {
            _submitted.Remove(ended.Job.Value);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "recovered {Jobs} unfinished jobs from {Events} events")]
    private partial void LogRecovered(long events, int jobs);
}
