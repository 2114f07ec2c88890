using BuildFarm.Coordinator.History;
using BuildFarm.Digests;
using BuildFarm.Scheduling;
using BuildFarm.V1;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>
/// How long tasks took and how much memory they needed, by name and command, so that the next job can start its longest first and
/// gives each what it needs. The inputs are not part of the key: a changed source compiles about as long as before.
/// </summary>
public sealed class RecordedDurations(int capacity)
{
    /// <summary>Weight of the newest time: quick to follow a change, not thrown off by one slow machine.</summary>
    private const double NewestWeight = 0.5;

    private readonly Lock _gate = new();
    private readonly Dictionary<Digest, (TimeSpan Time, long MemoryBytes)> _times = [];
    private readonly Queue<Digest> _byAge = new();
    private readonly HashSet<Digest> _changed = [];

    /// <summary>Learns what a history has.</summary>
    public async ValueTask LoadAsync(IJobHistory history, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(history);
        await foreach (var time in history.ReadTimesAsync(cancellationToken))
        {
            lock (_gate)
            {
                Set(time.Key, (time.Time, time.MemoryBytes));
            }
        }
    }

    /// <summary>What has changed since this was asked the last time, for a history to keep.</summary>
    public IReadOnlyList<RecordedTime> TakeChanged()
    {
        lock (_gate)
        {
            RecordedTime[] changed = [.. _changed.Where(_times.ContainsKey).Select(key => new RecordedTime(key, _times[key].Time, _times[key].MemoryBytes))];
            _changed.Clear();
            return changed;
        }
    }

    /// <summary>The expected wall time; null when nothing like it has run.</summary>
    public TimeSpan? Find(TaskTemplate template)
    {
        var key = KeyOf(template);
        lock (_gate)
        {
            return _times.TryGetValue(key, out var known) && known.Time > TimeSpan.Zero ? known.Time : null;
        }
    }

    /// <summary>The memory to ask for, in bytes; null when nothing like it has shown what it needs.</summary>
    public long? FindMemory(TaskTemplate template)
    {
        var key = KeyOf(template);
        lock (_gate)
        {
            return _times.TryGetValue(key, out var known) && known.MemoryBytes > 0 ? MemoryLesson.Ask(known.MemoryBytes) : null;
        }
    }

    /// <summary>Learns from one execution.</summary>
    public void Record(TaskTemplate template, TaskView task)
    {
        ArgumentNullException.ThrowIfNull(task);
        var key = KeyOf(template);
        lock (_gate)
        {
            var known = _times.GetValueOrDefault(key);
            var learned = (Mean(known.Time, task), MemoryLesson.Learn(known.MemoryBytes, task));
            if (learned != known)
            {
                Set(key, learned);
                _changed.Add(key);
            }
        }
    }

    /// <summary>A run that was ended from outside does not say how long it takes.</summary>
    private static TimeSpan Mean(TimeSpan known, TaskView task) => task is not { Outcome: Scheduling.Outcome.Success or Scheduling.Outcome.Failure, Usage.WallTime: var took }
        ? known
        : known == TimeSpan.Zero ? took : known + ((took - known) * NewestWeight);

    private void Set(Digest key, (TimeSpan Time, long MemoryBytes) learned)
    {
        if (!_times.TryAdd(key, learned))
        {
            _times[key] = learned;
            return;
        }

        _byAge.Enqueue(key);
        if (_byAge.Count > capacity)
        {
            _times.Remove(_byAge.Dequeue());
        }
    }

    private static Digest KeyOf(TaskTemplate template)
    {
        using var key = new DigestBuilder();
        Append(key, template.Name);
        Append(key, template.WorkingDirectory);
        foreach (var argument in template.Arguments)
        {
            Append(key, argument);
        }

        return key.Finish();
    }

    // A separator that no argument can hold, so that "a b" and "a", "b" stay apart.
    private static void Append(DigestBuilder key, string text)
    {
        key.Append(System.Text.Encoding.UTF8.GetBytes(text));
        key.Append([0]);
    }
}
