using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Queues;

/// <summary>
/// The executions of one shape and one priority, in the fair order of their flows. A band that nothing of starts grows older, and
/// each step of age counts as one of priority, until something starts. Lives while it is not empty.
/// </summary>
internal sealed class PriorityBand : IHeapItem<PriorityBand>
{
    private readonly IndexedHeap<FlowQueue> _heap = new();

    public PriorityBand(int priority, ExecutionQueue queue)
    {
        Priority = priority;
        Queue = queue;
        Aging = new Deadline(this);
    }

    public int Priority { get; }

    public ExecutionQueue Queue { get; }

    public int HeapIndex { get; set; } = -1;

    public long HeapKey => -(long)Rank;

    /// <summary>Steps of waiting.</summary>
    public int Age { get; private set; }

    /// <summary>When it is looked at again.</summary>
    public Deadline Aging { get; }

    /// <summary>Whether something started since <see cref="Aging"/> was set.</summary>
    public bool HasStarted { get; set; }

    public bool IsEmpty => _heap.Count == 0;

    public ExecutionEntry? Head => _heap.Head?.Head;

    /// <summary>All of them; only the first is in its place.</summary>
    public ReadOnlySpan<FlowQueue> Flows => _heap.Items;

    /// <summary>What it goes by: its priority, and a step more for each of its age.</summary>
    public int Rank => Priority + Age;

    public bool GoesBefore(PriorityBand other) => OutRanks(other) == true;

    /// <summary>Whether what waits here goes first, of two bands of any queues; null when fair share decides.</summary>
    public bool? OutRanks(PriorityBand other)
    {
        if (Rank != other.Rank)
        {
            return Rank > other.Rank;
        }

        return Priority != other.Priority ? Priority > other.Priority : null;
    }

    public void Add(ExecutionEntry execution)
    {
        var place = execution.Flow.Places.Find(p => ReferenceEquals(p.Band, this));
        if (place is not null)
        {
            place.Add(execution);
            return;
        }

        place = new FlowQueue(execution.Flow, this);
        // Its place among others is known when its flow has entered.
        place.Add(execution);
        execution.Flow.Places.Add(place);
        _heap.Add(place);
    }

    public void Remove(ExecutionEntry execution)
    {
        var place = execution.Place!;
        place.Remove(execution);
        if (place.Count == 0)
        {
            _heap.Remove(place);
            place.Flow.Places.Remove(place);
        }
    }

    public void Moved(FlowQueue place) => _heap.Moved(place);

    /// <summary>Nothing of it started for a step of time.</summary>
    public void GrowOlder() => SetAge(Age + 1);

    /// <summary>As a snapshot has it.</summary>
    public void Restore(int age) => SetAge(age);

    /// <summary>Something of it starts.</summary>
    public void Start()
    {
        HasStarted = true;
        SetAge(0);
    }

    private void SetAge(int age)
    {
        if (age != Age)
        {
            Age = age;
            Queue.Moved(this);
        }
    }
}
