namespace BuildFarm.Scheduling.Events;

/// <summary>When the next deadline of a job or its tasks comes.</summary>
/// <param name="Job">Which.</param>
/// <param name="Next">Index among its deadlines, earliest first.</param>
/// <param name="At">On the monotonic clock; null when no deadline is left.</param>
public sealed record JobAlarmSet(JobId Job, int Next, TimeSpan? At) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.JobAlarmSet;

    /// <inheritdoc />
    public override bool IsDurable => false;
}
