namespace BuildFarm.Scheduling.Events;

/// <summary>When a worker is lost (or, lost already, forgotten) unless it is heard.</summary>
/// <param name="Worker">Which.</param>
/// <param name="Deadline">On the scheduler's monotonic clock.</param>
/// <param name="HeardAt">By the wall clock; null when the worker was not heard.</param>
public sealed record WorkerDeadlineSet(WorkerId Worker, TimeSpan Deadline, DateTimeOffset? HeardAt) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.WorkerDeadlineSet;

    /// <inheritdoc />
    public override bool IsDurable => false;
}
