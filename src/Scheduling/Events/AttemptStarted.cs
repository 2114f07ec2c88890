namespace BuildFarm.Scheduling.Events;

/// <summary>The head of a queue was given to a worker.</summary>
/// <param name="Lease">Of the new attempt.</param>
/// <param name="Worker">Who got it.</param>
/// <param name="Charge">What it holds there.</param>
/// <param name="At">By the wall clock.</param>
/// <param name="Overtook">An execution that stood before it, and that this worker could hold if it were empty.</param>
public sealed record AttemptStarted(Lease Lease, WorkerId Worker, Resources Charge, DateTimeOffset At, ExecutionId? Overtook = null) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.AttemptStarted;
}
