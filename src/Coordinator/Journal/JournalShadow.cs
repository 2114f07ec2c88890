using System.Buffers;
using System.Threading.Channels;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Scheduling;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Coordinator.Journal;

/// <summary>
/// A second state that follows the first by its durable events, on another thread, and from time to time writes itself down
/// as the journal's snapshot. The loop hands events over and never waits.
/// </summary>
public sealed partial class JournalShadow(
    IJournal journal, IEventCodec codec, FilingProgress filing, CoordinatorOptions options, ILogger<JournalShadow> logger) : BackgroundService
{
    private const int RecoveredAtOnce = 512;

    // Not bounded: a bound would make the loop wait for a snapshot, and what waits here is small beside the state.
    private readonly Channel<Step> _steps = Channel.CreateUnbounded<Step>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly JournalReplay _replay = new(new SchedulerState());
    private List<JournalEntry> _recovered = [];
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private long _recordsSince;
    private long _recordsOfNewest;
    private long _lastEnd;

    /// <summary>Snapshots written in this life.</summary>
    public long Snapshots { get; private set; }

    /// <summary>Takes a record that the recovery replays; comes before the first <see cref="Follow"/>. The shadow applies it on its own thread.</summary>
    public void Recover(JournalEntry entry)
    {
        if (!journal.KeepsRecords)
        {
            return;
        }

        _recovered.Add(entry);
        if (_recovered.Count == RecoveredAtOnce)
        {
            HandOverRecovered();
        }
    }

    /// <summary>The snapshot has been recovered; what follows is its tail.</summary>
    public void SnapshotRecovered()
    {
        HandOverRecovered();
        _steps.Writer.TryWrite(new Step([], End: null, EndsSnapshot: true));
    }

    /// <summary>These records are durable, and the journal ends with them. Called by the loop.</summary>
    public void Follow(IReadOnlyList<JournalEntry> entries, JournalPosition end)
    {
        if (journal.KeepsRecords)
        {
            HandOverRecovered();
            _steps.Writer.TryWrite(new Step(entries, end));
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var step in _steps.Reader.ReadAllAsync(stoppingToken))
            {
                Apply(step);
                if (step.End is { } end && _recordsSince >= Math.Max(options.SnapshotRecords, _recordsOfNewest))
                {
                    await SnapshotAsync(end, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The journal has everything.
        }
        catch (JournalException e)
        {
            // The loop's own state is not in doubt, and its records are kept; only the next start takes longer.
            LogNotFollowing(e.Message);
        }
    }

    private void HandOverRecovered()
    {
        if (_recovered.Count > 0)
        {
            _steps.Writer.TryWrite(new Step(_recovered, End: null));
            _recovered = new List<JournalEntry>(RecoveredAtOnce);
        }
    }

    private void Apply(Step step)
    {
        foreach (var entry in step.Entries)
        {
            if (_replay.Apply(entry) is not null && step.End is { } end)
            {
                _lastEnd = end.Number;
            }
        }

        _recordsSince += step.Entries.Count;
        if (step.EndsSnapshot)
        {
            _recordsOfNewest = _recordsSince;
            _recordsSince = 0;
        }
    }

    private async ValueTask SnapshotAsync(JournalPosition position, CancellationToken cancellationToken)
    {
        // The records of a job that ended are the only ones of it until the history has it.
        await filing.WaitAsync(_lastEnd, cancellationToken);
        var written = 0L;
        var failed = false;
        try
        {
            await journal.WriteSnapshotAsync(position, Records(() => written++), cancellationToken);
            Snapshots++;
            LogSnapshot(written, position.Number);
        }
        catch (JournalException e)
        {
            failed = true;
            LogNoSnapshot(e.Message);
        }

        _recordsOfNewest = failed ? _recordsOfNewest : written;
        _recordsSince = 0;
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> Records(Action count)
    {
        await ValueTask.CompletedTask;
        foreach (var entry in _replay.Snapshot())
        {
            _bytes.ResetWrittenCount();
            if (entry.Fact is { } fact)
            {
                codec.Encode(fact, _bytes);
            }
            else
            {
                codec.Encode(entry.Change!, _bytes);
            }

            count();
            yield return _bytes.WrittenMemory;
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Debug, Message = "snapshot of {Records} records at record {Position}")]
    private partial void LogSnapshot(long records, long position);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "no snapshot was written, the journal goes on without: {Reason}")]
    private partial void LogNoSnapshot(string reason);

    [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message = "snapshots end until the next start, the journal goes on without: {Reason}")]
    private partial void LogNotFollowing(string reason);

    /// <param name="Entries">What to apply.</param>
    /// <param name="End">Where the journal ends with them; null in a recovery.</param>
    /// <param name="EndsSnapshot">The recovered snapshot ends with them.</param>
    private readonly record struct Step(IReadOnlyList<JournalEntry> Entries, JournalPosition? End, bool EndsSnapshot = false);
}
