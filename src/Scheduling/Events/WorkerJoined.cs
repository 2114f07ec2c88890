namespace BuildFarm.Scheduling.Events;

/// <summary>A worker, or a new incarnation of one, linked. It holds nothing.</summary>
public sealed record WorkerJoined(WorkerId Worker, string Incarnation, WorkerOffer Offer, DateTimeOffset At) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.WorkerJoined;
}
