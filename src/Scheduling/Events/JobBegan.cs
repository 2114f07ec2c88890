namespace BuildFarm.Scheduling.Events;

/// <summary>A job was accepted. All its tasks wait.</summary>
public sealed record JobBegan(JobId Job, string IdempotencyKey, JobSpec Spec, DateTimeOffset At) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.JobBegan;
}
