namespace BuildFarm.Scheduling.Events;

/// <summary>A completion came under a lease that is not live.</summary>
public sealed record CompletionRefused(WorkerId Worker, Lease Lease) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.CompletionRefused;

    /// <inheritdoc />
    public override bool IsDurable => false;
}
