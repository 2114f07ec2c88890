namespace BuildFarm.Scheduling.State;

/// <summary>Who of a pool had a locality key lately, newest first: a search for a worker that has something begins here and at no list of workers.</summary>
internal sealed class KeyHolders
{
    private readonly Dictionary<long, KeyMark> _newest = [];

    /// <summary>The newest of each key.</summary>
    public IReadOnlyDictionary<long, KeyMark> Newest => _newest;

    /// <summary>Who had it last; null when nobody did.</summary>
    public KeyMark? NewestOf(long key) => _newest.GetValueOrDefault(key);

    /// <summary>The newest of all is in its place at once; only a snapshot brings others, and walks to theirs.</summary>
    public void Add(KeyMark mark)
    {
        KeyMark? newer = null;
        var older = _newest.GetValueOrDefault(mark.Key);
        while (older is not null && older.At > mark.At)
        {
            (newer, older) = (older, older.Older);
        }

        Link(newer, mark);
        Link(mark, older);
        if (newer is null)
        {
            _newest[mark.Key] = mark;
        }
    }

    public void Remove(KeyMark mark)
    {
        if (mark.Newer is not null)
        {
            Link(mark.Newer, mark.Older);
        }
        else if (mark.Older is { } next)
        {
            next.Newer = null;
            _newest[mark.Key] = next;
        }
        else
        {
            _newest.Remove(mark.Key);
        }

        (mark.Newer, mark.Older) = (null, null);
    }

    private static void Link(KeyMark? newer, KeyMark? older)
    {
        if (newer is not null)
        {
            newer.Older = older;
        }

        if (older is not null)
        {
            older.Newer = newer;
        }
    }
}
