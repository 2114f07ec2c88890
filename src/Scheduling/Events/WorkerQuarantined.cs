namespace BuildFarm.Scheduling.Events;

/// <summary>A worker failed too many tasks in a row: it gets no new attempts for a while.</summary>
/// <param name="Worker">Which.</param>
/// <param name="Reason">One line for people.</param>
/// <param name="At">By the wall clock.</param>
/// <param name="Term">How long.</param>
public sealed record WorkerQuarantined(WorkerId Worker, string Reason, DateTimeOffset At, TimeSpan Term) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.WorkerQuarantined;
}
