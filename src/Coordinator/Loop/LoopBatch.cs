using System.Buffers;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;

namespace BuildFarm.Coordinator.Loop;

/// <summary>
/// One round of the loop: executed commands whose events are not durable yet, and everything that must wait until they are.
/// </summary>
internal sealed class LoopBatch(SchedulerLoopParts parts, LoopClock clock)
{
    /// <summary>Bytes of a buffer that is worth keeping for the next round; a huge job's is not.</summary>
    private const int KeptBuffer = 4 << 20;

    private ArrayBufferWriter<byte> _bytes = new();
    private readonly List<Range> _records = [];
    private bool _recordsMayWait = true;
    private readonly List<LoopItem> _items = [];
    private readonly List<(CommandItem Item, Effect Reply)> _replies = [];
    private readonly List<Effect> _effects = [];
    private readonly List<JournalFact> _facts = [];
    private readonly List<JournalEntry> _entries = [];
    private readonly List<JournalEntry> _attempts = [];
    private readonly HashSet<WorkerId> _touchedWorkers = [];
    private IReadOnlyList<JournalFact> _waitingFacts = [];

    public void Execute(LoopItem item)
    {
        switch (item)
        {
            case CommandItem command:
                _items.Add(item);
                Execute(command);
                break;
            case QueryItem query:
                _items.Add(item);
                query.Ask(parts.State);
                break;
        }
    }

    public void TickIfDue()
    {
        if (parts.Scheduler.NextDeadline(parts.State) is { } deadline && deadline <= clock.Now.Monotonic)
        {
            Execute(new CommandItem(new Tick(), [], wantsReply: false));
        }
    }

    /// <summary>
    /// Nothing that this round releases shows its records, so they go with the next flush. A crash before that is as if the reports
    /// behind them had not come.
    /// </summary>
    private bool MayWait => _recordsMayWait && _effects.Count == 0 && _attempts.Count == 0 && _replies.Count == 0 && !_items.Exists(static item => item is QueryItem);

    /// <summary>Makes the round durable, then releases it. Afterwards the batch holds nothing but records that may wait.</summary>
    public async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        if (_records.Count > 0 && !MayWait)
        {
            await AppendAsync(cancellationToken);
            parts.Shadow.Follow([.. _entries], parts.Journal.End);
            ForgetRecords();
        }

        if (_effects.Count > 0 || _attempts.Count > 0)
        {
            await parts.Effects.ReleaseAsync(new Round([.. _effects], [.. _facts], [.. _attempts], parts.Journal.End.Number), cancellationToken);
        }

        // After the effects: who is told of a job finds it.
        ReleaseReplies();
        foreach (var worker in _touchedWorkers)
        {
            if (parts.State.DesiredStateFor(worker) is { } desired)
            {
                parts.Effects.Publish(desired);
            }
        }

        parts.Metrics.Observe(parts.State.Counters, _items.Count);
        clock.WakeAt(parts.Scheduler.NextDeadline(parts.State));
        Clear();
    }

    /// <summary>The loop ends before this round became durable: nobody may hear of its effects.</summary>
    public void Abandon(Exception reason)
    {
        foreach (var item in _items)
        {
            item.Abandon(reason);
        }

        ForgetRecords();
        Clear();
    }

    private void Execute(CommandItem item)
    {
        _waitingFacts = item.Facts;
        _facts.AddRange(item.Facts);
        foreach (var effect in parts.Scheduler.Execute(parts.State, item.Command, clock.Now, Record))
        {
            switch (effect)
            {
                case SubmitAccepted or SubmitRefused or CancelAnswered or WorkerAccepted or WorkerRefused:
                    _replies.Add((item, effect));
                    break;
                case DesiredStateChanged changed:
                    _touchedWorkers.Add(changed.Worker);
                    break;
                default:
                    _effects.Add(effect);
                    break;
            }
        }

        // The answer to a report is always the whole desired state, changed or not (design decision 5).
        if (item.Command is WorkerReported report)
        {
            _touchedWorkers.Add(report.Worker);
        }
    }

    /// <summary>Facts go before the first durable event of their command; a command without one leaves none.</summary>
    private void Record(Event change)
    {
        if (!change.IsDurable)
        {
            return;
        }

        foreach (var fact in _waitingFacts)
        {
            Add(new JournalEntry(Change: null, fact));
            AddRecord(fact, static (codec, fact, bytes) => codec.Encode(fact, bytes));
        }

        _waitingFacts = [];
        _recordsMayWait &= change.MayWait;
        Add(new JournalEntry(change, Fact: null));
        AddRecord(change, static (codec, change, bytes) => codec.Encode(change, bytes));
    }

    private void Add(JournalEntry entry)
    {
        _entries.Add(entry);
        if (AttemptBook.Takes(entry))
        {
            _attempts.Add(entry);
        }
    }

    private void AddRecord<T>(T record, Action<IEventCodec, T, IBufferWriter<byte>> encode)
    {
        var start = _bytes.WrittenCount;
        encode(parts.Codec, record, _bytes);
        _records.Add(start.._bytes.WrittenCount);
    }

    private async ValueTask AppendAsync(CancellationToken cancellationToken)
    {
        var records = _records.ConvertAll(range => _bytes.WrittenMemory[range]);
        try
        {
            await parts.Journal.AppendAsync(records, cancellationToken);
            await parts.Journal.FlushAsync(cancellationToken);
        }
        catch (Exception e) when (e is not (JournalException or OperationCanceledException))
        {
            throw new JournalException(e.Message, e);
        }
    }

    private void ReleaseReplies()
    {
        foreach (var (item, reply) in _replies)
        {
            item.Answer(reply);
        }

        foreach (var query in _items.OfType<QueryItem>())
        {
            query.Answer();
        }
    }

    private void ForgetRecords()
    {
        if (_bytes.Capacity > KeptBuffer)
        {
            _bytes = new ArrayBufferWriter<byte>();
        }

        _bytes.ResetWrittenCount();
        _records.Clear();
        _entries.Clear();
        _recordsMayWait = true;
    }

    private void Clear()
    {
        _items.Clear();
        _replies.Clear();
        _effects.Clear();
        _facts.Clear();
        _attempts.Clear();
        _touchedWorkers.Clear();
        _waitingFacts = [];
    }
}
