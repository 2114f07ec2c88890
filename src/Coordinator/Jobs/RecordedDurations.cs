using BuildFarm.Digests;
using BuildFarm.V1;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>
/// How long tasks took, by name and command, so that the next job can start its longest first. The inputs are not part of
/// the key: a changed source compiles about as long as before.
/// </summary>
public sealed class RecordedDurations(int capacity)
{
    /// <summary>Weight of the newest time: quick to follow a change, not thrown off by one slow machine.</summary>
    private const double NewestWeight = 0.5;

    private readonly Lock _gate = new();
    private readonly Dictionary<Digest, TimeSpan> _times = [];
    private readonly Queue<Digest> _byAge = new();

    /// <summary>The expected wall time; null when nothing like it has run.</summary>
    public TimeSpan? Find(TaskTemplate template)
    {
        var key = KeyOf(template);
        lock (_gate)
        {
            return _times.TryGetValue(key, out var time) ? time : null;
        }
    }

    /// <summary>Learns from one execution.</summary>
    public void Record(TaskTemplate template, TimeSpan wallTime)
    {
        var key = KeyOf(template);
        lock (_gate)
        {
            if (_times.TryGetValue(key, out var known))
            {
                _times[key] = known + ((wallTime - known) * NewestWeight);
                return;
            }

            _times.Add(key, wallTime);
            _byAge.Enqueue(key);
            if (_byAge.Count > capacity)
            {
                _times.Remove(_byAge.Dequeue());
            }
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
