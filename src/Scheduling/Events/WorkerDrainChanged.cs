namespace BuildFarm.Scheduling.Events;

/// <summary>Who wants a worker to take no new attempts.</summary>
public sealed record WorkerDrainChanged(WorkerId Worker, bool ByItself, bool ByOperator) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.WorkerDrainChanged;
}
