using BuildFarm.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>
/// The ordered events of one job, for any number of watchers, in memory that is bounded by the job's size. Every event of
/// the newest <see cref="RecentWindow"/> is kept; of older ones only the last of each task, so that a watcher that comes
/// late or reads slowly misses steps in between and never a final state. Watchers hold a position, not a buffer. What is outside
/// of the window is kept as bytes, a fifth of the message's objects, and read again when somebody asks.
/// </summary>
/// <param name="before">The first event's sequence is one more: every log of the same job has its own range.</param>
/// <param name="found">Makes the snapshots of tasks that a restart found, when they are read.</param>
public sealed class JobLog(long before = 0, Func<int, V1.Task>? found = null)
{
    /// <summary>Events that are kept even when newer ones of the same task have replaced them.</summary>
    public const int RecentWindow = 1024;

    private readonly Lock _gate = new();
    private readonly List<Entry> _entries = [];
    private long[] _newestOfSlot = [];
    private Timestamp? _foundAt;
    private TaskCompletionSource? _arrival;
    private bool _finished;

    /// <summary>Slot of the events about the job as a whole, which are never dropped.</summary>
    private const int JobSlot = -1;

    /// <summary>Stands for an event that is made when it is read.</summary>
    private static readonly object Found = new();

    /// <summary>Sequence of the newest event.</summary>
    public long Sequence
    {
        get
        {
            lock (_gate)
            {
                return Newest;
            }
        }
    }

    private long Newest => before + _entries.Count;

    /// <summary>Adds an event about the whole job. <paramref name="last"/> ends every watcher after it.</summary>
    public void AppendJob(JobEvent jobEvent, Timestamp at, bool last = false) => Append(JobSlot, jobEvent, at, last);

    /// <summary>Adds the newest snapshot of the task at <paramref name="index"/> in the job's spec.</summary>
    public void AppendTask(int index, V1.Task snapshot, Timestamp at) => Append(index, new JobEvent { Task = snapshot }, at, last: false);

    /// <summary>Adds what a restart found of the task at <paramref name="index"/>; the snapshot is made when a watcher reads it.</summary>
    public void AppendFound(int index, Timestamp at)
    {
        lock (_gate)
        {
            _foundAt ??= at;
            Add(new Entry(index, Found));
        }
    }

    /// <summary>The newest snapshot of the task at <paramref name="index"/>; null when there was none. Nobody changes it.</summary>
    public V1.Task? NewestOf(int index)
    {
        lock (_gate)
        {
            var sequence = index - JobSlot < _newestOfSlot.Length ? _newestOfSlot[index - JobSlot] : 0;
            return sequence == 0 ? null : EventAt((int)(sequence - before) - 1)!.Task;
        }
    }

    /// <summary>The events with a greater sequence than <paramref name="since"/> that are kept, without waiting.</summary>
    public IReadOnlyList<JobEvent> Snapshot(long since = 0)
    {
        lock (_gate)
        {
            var first = (int)Math.Clamp(since - before, 0, _entries.Count);
            return [.. Enumerable.Range(first, _entries.Count - first).Select(EventAt).OfType<JobEvent>()];
        }
    }

    /// <summary>Events with a greater sequence than <paramref name="since"/>, then live ones; ends after the last.</summary>
    public async IAsyncEnumerable<JobEvent> ReadAsync(
        long since,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var position = Math.Max(before, since);
        while (true)
        {
            var (next, wait) = TakeNext(ref position);
            if (next is not null)
            {
                yield return next;
            }
            else if (wait is null)
            {
                yield break;
            }
            else
            {
                await wait.WaitAsync(cancellationToken);
            }
        }
    }

    private (JobEvent? Next, System.Threading.Tasks.Task? Wait) TakeNext(ref long position)
    {
        lock (_gate)
        {
            while (position < Newest)
            {
                if (EventAt((int)(position++ - before)) is { } jobEvent)
                {
                    return (jobEvent, null);
                }
            }

            if (_finished)
            {
                return (null, null);
            }

            _arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return (null, _arrival.Task);
        }
    }

    private void Append(int slot, JobEvent jobEvent, Timestamp at, bool last)
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            jobEvent.Sequence = Newest + 1;
            jobEvent.Time = at;
            (jobEvent.Accepted ?? jobEvent.Cancelling ?? jobEvent.Finished)?.Sequence = jobEvent.Sequence;
            Add(new Entry(slot, jobEvent));
            _finished |= last;
            (waiting, _arrival) = (_arrival, null);
        }

        waiting?.TrySetResult();
    }

    private void Add(Entry entry)
    {
        _entries.Add(entry);
        var place = entry.Slot - JobSlot;
        if (place >= _newestOfSlot.Length)
        {
            Array.Resize(ref _newestOfSlot, Math.Max(place + 1, _newestOfSlot.Length * 2));
        }

        var replaced = _newestOfSlot[place];
        _newestOfSlot[place] = Newest;
        DropUnlessRecent(replaced);
        DropUnlessRecent(Newest - RecentWindow - 1);
    }

    /// <summary>Null when it was dropped.</summary>
    private JobEvent? EventAt(int index) => _entries[index].Content switch
    {
        JobEvent jobEvent => jobEvent,
        byte[] packed => JobEvent.Parser.ParseFrom(packed),
        null => null,
        _ => new JobEvent { Sequence = before + index + 1, Time = _foundAt, Task = found!(_entries[index].Slot) },
    };

    /// <summary>An event outside the window stays only when it is the newest of its task, or about the whole job.</summary>
    private void DropUnlessRecent(long sequence)
    {
        if (sequence <= before || sequence >= Newest - RecentWindow)
        {
            return;
        }

        var index = (int)(sequence - before) - 1;
        var entry = _entries[index];
        if (entry.Slot != JobSlot && _newestOfSlot[entry.Slot - JobSlot] != sequence)
        {
            _entries[index] = entry with { Content = null };
        }
        else if (entry is { Slot: not JobSlot, Content: JobEvent jobEvent })
        {
            _entries[index] = entry with { Content = jobEvent.ToByteArray() };
        }
    }

    /// <summary>The content is an event, its bytes, or <see cref="Found"/>; null when it was dropped.</summary>
    private readonly record struct Entry(int Slot, object? Content);
}
