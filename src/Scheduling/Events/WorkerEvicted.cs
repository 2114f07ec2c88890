namespace BuildFarm.Scheduling.Events;

/// <summary>
/// A worker is heard and does not get on, so it gets nothing new until it has shown that it has nothing left. Its live attempts have
/// been requeued by events before this one.
/// </summary>
/// <param name="Worker">Which.</param>
/// <param name="Reason">One line of evidence.</param>
public sealed record WorkerEvicted(WorkerId Worker, string Reason) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.WorkerEvicted;
}
