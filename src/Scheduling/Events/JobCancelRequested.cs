namespace BuildFarm.Scheduling.Events;

/// <summary>Somebody asked for the end of a job.</summary>
public sealed record JobCancelRequested(JobId Job, string Reason) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.JobCancelRequested;
}
