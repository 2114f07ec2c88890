namespace BuildFarm.Scheduling.Events;

/// <summary>All tasks of a job have finished; it leaves the state.</summary>
public sealed record JobEnded(JobId Job, DateTimeOffset At) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.JobEnded;
}
