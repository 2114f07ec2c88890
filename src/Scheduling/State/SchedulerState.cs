using BuildFarm.Scheduling.Events;

namespace BuildFarm.Scheduling;

/// <summary>Everything the scheduler knows. Changed by events and nothing else; not safe for several threads.</summary>
public sealed class SchedulerState
{
    /// <summary>Applies one event: the only mutation, the same when live and in a replay.</summary>
    /// <exception cref="InvalidOperationException">The event does not fit this state: the journal is damaged or out of order.</exception>
    public void Apply(Event change) => throw new NotSupportedException();

    /// <summary>What a worker should be doing; null when the state does not know it.</summary>
    public DesiredState? DesiredStateFor(WorkerId worker) => throw new NotSupportedException();

    /// <summary>One line: why a task is where it is. Null when the state does not know it.</summary>
    public string? Explain(TaskId task) => throw new NotSupportedException();

    /// <summary>A job that has not finished, with or without its tasks; null when the state does not know it.</summary>
    public JobView? FindJob(JobId job, bool withTasks = true) => throw new NotSupportedException();

    /// <summary>A task of a job that has not finished; null when the state does not know it.</summary>
    public TaskView? FindTask(TaskId task) => throw new NotSupportedException();

    /// <summary>Jobs that have not finished, oldest first, without their tasks.</summary>
    public IReadOnlyList<JobView> Jobs() => throw new NotSupportedException();

    /// <summary>Workers, lost ones included, by id.</summary>
    public IReadOnlyList<WorkerView> Workers() => throw new NotSupportedException();

    /// <summary>Declared pools, by name.</summary>
    public IReadOnlyList<PoolView> Pools() => throw new NotSupportedException();

    /// <summary>What happened since the state began.</summary>
    public SchedulerCounters Counters => throw new NotSupportedException();
}
