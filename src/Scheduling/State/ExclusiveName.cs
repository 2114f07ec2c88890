using BuildFarm.Scheduling.Queues;

namespace BuildFarm.Scheduling.State;

/// <summary>A thing that one attempt has at a time. In the state while it is had or waited for.</summary>
internal sealed class ExclusiveName(string name)
{
    private readonly IndexedHeap<NameClaim> _waiting = new();

    public string Name { get; } = name;

    /// <summary>An execution that has it and waits for a worker.</summary>
    public ExecutionEntry? TakenBy { get; set; }

    /// <summary>An attempt that has it: until the worker is known to have ended it, whatever became of its lease.</summary>
    public Holding? HeldBy { get; set; }

    /// <summary>On the list of names to look at.</summary>
    public bool IsListed { get; set; }

    public bool IsFree => TakenBy is null && HeldBy is null;

    public bool IsUnused => IsFree && _waiting.Count == 0;

    public ExecutionEntry? Next => _waiting.Head?.Execution;

    public int WaitingCount => _waiting.Count;

    public ReadOnlySpan<NameClaim> Waiting => _waiting.Items;

    public NameClaim Add(ExecutionEntry execution)
    {
        var claim = new NameClaim(execution, this);
        _waiting.Add(claim);
        return claim;
    }

    public void Remove(NameClaim claim) => _waiting.Remove(claim);
}
