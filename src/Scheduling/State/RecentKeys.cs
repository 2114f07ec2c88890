namespace BuildFarm.Scheduling.State;

/// <summary>
/// The locality keys that a worker had lately, oldest first: what it may still have on its disk. Bounded, so that what is known of a
/// worker does not grow with what it ran.
/// </summary>
internal sealed class RecentKeys(WorkerEntry worker)
{
    /// <summary>Keys of one worker. Part of what a replay gives: changing it needs a new event.</summary>
    public const int Most = 32;

    private readonly List<KeyMark> _marks = [];

    public IReadOnlyList<KeyMark> Marks => _marks;

    /// <summary>Which of the keys the worker had: the place of the first, or as many as there are when it had none.</summary>
    public int PlaceOfFirst(LocalityKeys keys)
    {
        for (var place = 0; place < keys.Count; place++)
        {
            if (IndexOf(keys[place]) >= 0)
            {
                return place;
            }
        }

        return keys.Count;
    }

    /// <summary>An attempt with these keys starts here. The most telling is kept longest.</summary>
    public void Note(LocalityKeys keys, long at)
    {
        for (var place = keys.Count - 1; place >= 0; place--)
        {
            Note(keys[place], at);
        }
    }

    /// <summary>One key; the newest of all.</summary>
    public void Note(long key, long at)
    {
        var holders = worker.Pool.Holders;
        var index = IndexOf(key);
        if (index < 0 && _marks.Count == Most)
        {
            holders.Remove(_marks[0]);
            _marks.RemoveAt(0);
        }

        KeyMark mark;
        if (index < 0)
        {
            mark = new KeyMark(worker, key);
        }
        else
        {
            mark = _marks[index];
            holders.Remove(mark);
            _marks.RemoveAt(index);
        }

        mark.At = at;
        _marks.Add(mark);
        holders.Add(mark);
    }

    /// <summary>The worker leaves its pool, or begins anew: what it has is not known any more.</summary>
    public void Clear()
    {
        foreach (var mark in _marks)
        {
            worker.Pool.Holders.Remove(mark);
        }

        _marks.Clear();
    }

    private int IndexOf(long key)
    {
        for (var i = _marks.Count - 1; i >= 0; i--)
        {
            if (_marks[i].Key == key)
            {
                return i;
            }
        }

        return -1;
    }
}
