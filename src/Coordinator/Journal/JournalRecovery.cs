using BuildFarm.Coordinator.History;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Scheduling;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Coordinator.Journal;

/// <summary>
/// Brings everything back from the journal before the first command: the scheduler's state by its events, the jobs by the
/// facts recorded with them, and into the history what had ended and was not there yet.
/// </summary>
public sealed partial class JournalRecovery(
    IJournal journal,
    IEventCodec codec,
    JobEventHub hub,
    IJobHistory history,
    RecordedDurations durations,
    RecoveredNames names,
    JournalShadow shadow,
    FilingProgress filing,
    ILogger<JournalRecovery> logger)
{
    /// <summary>Finished jobs that go into the history at once.</summary>
    private const int FiledAtOnce = 64;

    /// <summary>
    /// Bits for the events of a job in one life of the coordinator. Each life has its own range of sequences, so that a watcher
    /// who comes back gets everything that is newer than what it has, whatever of that it saw.
    /// </summary>
    private const int SequenceBits = 32;

    private readonly List<FinishedJob> _ended = [];

    /// <exception cref="JournalException">A record is damaged or does not fit; nothing may be served from this state.</exception>
    public async ValueTask RunAsync(SchedulerState state, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(state);
        await history.OpenAsync(cancellationToken);
        await durations.LoadAsync(history, cancellationToken);
        var start = await journal.OpenAsync(cancellationToken);
        var replay = new JournalReplay(state);
        await ReplayAsync(replay, start, cancellationToken);
        await NameAsync(replay, cancellationToken);
        RestoreJobs(replay, start);
        if (replay.Events > 0)
        {
            var unfinished = state.Jobs().Count;
            LogRecovered(replay.Events, unfinished, start.Epoch);
        }
    }

    private static long SequenceBefore(JournalStart start) => start.Epoch << SequenceBits;

    private async ValueTask ReplayAsync(JournalReplay replay, JournalStart start, CancellationToken cancellationToken)
    {
        await foreach (var journalRecord in journal.ReadSnapshotAsync(cancellationToken))
        {
            var entry = codec.Decode(journalRecord);
            shadow.Recover(entry);
            replay.Apply(entry);
        }

        shadow.SnapshotRecovered();
        await foreach (var journalRecord in journal.ReadAsync(cancellationToken))
        {
            var entry = codec.Decode(journalRecord);
            shadow.Recover(entry);
            if (replay.Apply(entry) is { } ended
                && !JobRecord.IsOperationSpec(ended.Request.Spec)
                && await history.WantsAsync(ended.View.Id.Value, ended.At, cancellationToken))
            {
                UseName(replay);
                _ended.Add(hub.Recall(ended, SequenceBefore(start)));
                await FileAsync(FiledAtOnce, cancellationToken);
            }
        }

        await FileAsync(1, cancellationToken);
        filing.Reached(start.End.Number);
    }

    /// <summary>Comes before anything is told of: its streams are called by the journal's name.</summary>
    private void UseName(JournalReplay replay)
    {
        if (replay.Name is { } name)
        {
            names.Use(name);
        }
    }

    private async ValueTask FileAsync(int atLeast, CancellationToken cancellationToken)
    {
        if (_ended.Count >= atLeast)
        {
            await history.AddAsync(_ended, durations.TakeChanged(), cancellationToken);
            _ended.Clear();
        }
    }

    private async ValueTask NameAsync(JournalReplay replay, CancellationToken cancellationToken)
    {
        var name = replay.Name;
        if (name is null)
        {
            name = names.Choose();
            var bytes = new System.Buffers.ArrayBufferWriter<byte>();
            var fact = new JournalNamed(name);
            codec.Encode(fact, bytes);
            await journal.AppendAsync([bytes.WrittenMemory], cancellationToken);
            await journal.FlushAsync(cancellationToken);
            shadow.Recover(new JournalEntry(Change: null, fact));
        }

        names.Use(name);
    }

    private void RestoreJobs(JournalReplay replay, JournalStart start)
    {
        hub.Restore(replay.Attempts);
        foreach (var job in replay.State.Jobs())
        {
            var found = new ReplayedJob(job, replay.RequestOf(job.Id), At: default, replay.FindResult, replay.AttemptsOf);
            hub.Restore(found, replay.State.TasksOf(job.Id), SequenceBefore(start));
            names.UseEnvironments(replay.State.TasksOf(job.Id));
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "recovered {Jobs} unfinished jobs from {Events} events; this is epoch {Epoch}")]
    private partial void LogRecovered(long events, int jobs, long epoch);
}
