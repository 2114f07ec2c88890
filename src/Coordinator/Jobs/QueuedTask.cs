using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>
/// What a restart found of a task that waits for its first attempt: enough to tell of it when somebody asks. There may be a
/// million, and of most nobody asks before they run.
/// </summary>
/// <param name="Execution">What it waits for.</param>
/// <param name="Action">Of that execution.</param>
/// <param name="QueuedAt">Since when.</param>
public readonly record struct QueuedTask(ExecutionId Execution, ActionId Action, DateTimeOffset QueuedAt)
{
    /// <summary>This much of a task; null when there is more to tell of it.</summary>
    public static QueuedTask? Of(TaskView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        return view is { Phase: TaskPhase.Queued, Attempt: 0, Execution: { } execution, Action: { } action, QueuedAt: { } queuedAt, Message: "" }
            ? new QueuedTask(execution, action, queuedAt)
            : null;
    }

    /// <summary>As the scheduler saw it.</summary>
    public TaskView ToView(TaskId id, string name) => new(id, name, TaskPhase.Queued) { Execution = Execution, Action = Action, QueuedAt = QueuedAt };
}
