namespace BuildFarm.Scheduling.Events;

/// <summary>A worker leaves its quarantine.</summary>
/// <param name="Worker">Which.</param>
/// <param name="OnProbation">Its term ended: the next failure sends it back. False when an operator vouches for it.</param>
public sealed record WorkerReleased(WorkerId Worker, bool OnProbation) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.WorkerReleased;
}
