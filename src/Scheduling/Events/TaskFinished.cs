namespace BuildFarm.Scheduling.Events;

/// <summary>A task ended by itself, without the result of an execution; it no longer waits for one.</summary>
public sealed record TaskFinished(TaskId Task, Outcome Outcome, string Message, DateTimeOffset At) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.TaskFinished;
}
