namespace BuildFarm.Scheduling.Events;

/// <summary>An execution that runs and takes too long was given to a second worker too; the first success of the two wins.</summary>
/// <param name="Lease">Of the new attempt.</param>
/// <param name="Worker">Who got it.</param>
/// <param name="Charge">What it holds there.</param>
/// <param name="At">By the wall clock.</param>
public sealed record CopyStarted(Lease Lease, WorkerId Worker, Resources Charge, DateTimeOffset At) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.CopyStarted;
}
