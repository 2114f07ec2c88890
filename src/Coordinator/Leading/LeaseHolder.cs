namespace BuildFarm.Coordinator.Leading;

/// <summary>
/// A process that may lead. It outlives its hosts: one that led and lost the database may lead again before its own lease has
/// run out, because its former host has ended.
/// </summary>
public sealed class LeaseHolder
{
    private int _hosts;

    /// <summary>Unlike that of any other process.</summary>
    public string Id { get; } = Guid.NewGuid().ToString("n");

    /// <summary>A host of the process begins.</summary>
    /// <returns>True when it is not the first: whatever ended the one before may still be so.</returns>
    internal bool BeginHost() => Interlocked.Increment(ref _hosts) > 1;
}
