namespace BuildFarm.Scheduling.State;

/// <summary>The tasks that wait for one execution, in order: nearly always one, which costs nothing but its place.</summary>
internal struct Waiters
{
    private TaskRef _first;
    private LinkedList<TaskRef>? _others;

    /// <summary>Null when nobody waits.</summary>
    public readonly TaskRef? First => _first.Job is null ? null : _first;

    public readonly int Count => _first.Job is null ? 0 : 1 + (_others?.Count ?? 0);

    public void Add(TaskRef task)
    {
        if (_first.Job is null)
        {
            _first = task;
        }
        else
        {
            (_others ??= []).AddLast(task);
        }
    }

    /// <summary>Takes one out; the first costs nothing, another costs a walk to it.</summary>
    /// <returns>False when it is not among them.</returns>
    public bool Remove(TaskRef task)
    {
        if (_first != task)
        {
            return _others?.Remove(task) ?? false;
        }

        _first = default;
        if (_others?.First is { } next)
        {
            _first = next.Value;
            _others.RemoveFirst();
        }

        return true;
    }

    public readonly Enumerator GetEnumerator() => new(this);

    /// <summary>Walks over them; none may come or go meanwhile.</summary>
    public struct Enumerator(Waiters waiters)
    {
        private TaskRef _next = waiters._first;
        private LinkedListNode<TaskRef>? _after = waiters._others?.First;

        public TaskRef Current { get; private set; }

        public bool MoveNext()
        {
            Current = _next;
            _next = _after?.Value ?? default;
            _after = _after?.Next;
            return Current.Job is not null;
        }
    }
}
