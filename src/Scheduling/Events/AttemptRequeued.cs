namespace BuildFarm.Scheduling.Events;

/// <summary>An attempt ended without a result that counts; its execution waits again.</summary>
/// <param name="Lease">Of the attempt; no longer live.</param>
/// <param name="Cause">Decides what is charged, and whether the worker is avoided.</param>
/// <param name="Message">One line of evidence.</param>
public sealed record AttemptRequeued(Lease Lease, RequeueCause Cause, string Message) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.AttemptRequeued;

    /// <summary>From now on it runs with no other attempt beside it.</summary>
    public bool Alone { get; init; }

    /// <summary>What its further attempts get, in bytes; 0 when that stays as it is.</summary>
    public long MemoryBytes { get; init; }
}
