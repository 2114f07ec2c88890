using BuildFarm.Scheduling;
using BuildFarm.V1;
using Google.Protobuf;

namespace BuildFarm.Coordinator.Journal;

/// <summary>
/// Results in a replay, each for as long as an unfinished job has a task with it. A result is recorded in front of the
/// events of its command; one that none of them claims was refused, and is let go with the next.
/// </summary>
internal sealed class ReplayedResults
{
    private readonly Dictionary<string, Completion> _unclaimed = new(StringComparer.Ordinal);
    // As bytes, a fraction of a message's objects: they are read again at a snapshot or a start, and one of each task is held.
    private readonly Dictionary<string, (byte[] Completion, int Tasks)> _claimed = new(StringComparer.Ordinal);
    private bool _eventSince;

    public void Receive(ResultReceived received)
    {
        if (_eventSince)
        {
            _unclaimed.Clear();
            _eventSince = false;
        }

        _unclaimed[received.Handle] = received.Completion;
    }

    public void EventApplied() => _eventSince = true;

    /// <summary>As many tasks as these finish with the result.</summary>
    public void Claim(ResultHandle handle, int tasks)
    {
        if (_unclaimed.Remove(handle.Key, out var completion))
        {
            _claimed[handle.Key] = (completion.ToByteArray(), tasks);
        }
    }

    /// <summary>One more task has the result, as a snapshot says.</summary>
    public void ClaimOne(ResultHandle handle)
    {
        if (_claimed.TryGetValue(handle.Key, out var claimed))
        {
            _claimed[handle.Key] = claimed with { Tasks = claimed.Tasks + 1 };
        }
        else
        {
            Claim(handle, tasks: 1);
        }
    }

    /// <summary>Those that tasks have.</summary>
    public IEnumerable<ResultReceived> All => _claimed.Select(static claimed => new ResultReceived(claimed.Key, Completion.Parser.ParseFrom(claimed.Value.Completion)));

    public Completion? Find(ResultHandle handle) => _claimed.TryGetValue(handle.Key, out var claimed) ? Completion.Parser.ParseFrom(claimed.Completion) : null;

    /// <summary>A task with the result leaves the state.</summary>
    public Completion? Release(ResultHandle handle)
    {
        if (!_claimed.TryGetValue(handle.Key, out var claimed))
        {
            return null;
        }

        if (claimed.Tasks > 1)
        {
            _claimed[handle.Key] = claimed with { Tasks = claimed.Tasks - 1 };
        }
        else
        {
            _claimed.Remove(handle.Key);
        }

        return Completion.Parser.ParseFrom(claimed.Completion);
    }
}
