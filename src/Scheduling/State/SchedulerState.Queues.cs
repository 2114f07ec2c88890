using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling;

public sealed partial class SchedulerState
{
    internal static int PriorityOf(TaskRef task) => task.Job.Spec.Priority + task.Spec.Priority;

    /// <summary>It waits: for its exclusive names, and then for a worker.</summary>
    private void Enqueue(ExecutionEntry execution)
    {
        if (execution.Exclusive.IsEmpty)
        {
            EnterQueue(execution);
        }
        else
        {
            Claim(execution);
        }
    }

    private static void EnterQueue(ExecutionEntry execution)
    {
        execution.Phase = ExecutionPhase.Queued;
        execution.Shape.QueueFor(execution.Avoid).Add(execution);
    }

    private void TakeOutOfQueue(ExecutionEntry execution)
    {
        if (execution.Queue?.Remove(execution) is { } gone)
        {
            Deadlines.Clear(gone.Aging);
        }
    }

    private void MoveTo(Flow flow, ExecutionEntry execution)
    {
        var queued = execution.Queue is not null;
        TakeOutOfQueue(execution);
        execution.Flow = flow;
        if (queued)
        {
            EnterQueue(execution);
        }
    }

    /// <summary>
    /// A task no longer waits. An execution that counted with its job counts with the best of those that still wait; when the first
    /// of them is as good as the one that left, which is the rule, nothing is searched.
    /// </summary>
    private void LeaveFlow(ExecutionEntry execution, TaskRef task)
    {
        if (execution.FirstWaiter is not { } first || !ReferenceEquals(execution.Flow.Job, task.Job))
        {
            return;
        }

        if (ReferenceEquals(first.Job, task.Job) && PriorityOf(first) == execution.Flow.Level.Priority)
        {
            return;
        }

        var best = first;
        foreach (var other in execution.Waiters)
        {
            best = PriorityOf(other) > PriorityOf(best) ? other : best;
        }

        var flow = FlowOf(best);
        if (!ReferenceEquals(flow, execution.Flow))
        {
            MoveTo(flow, execution);
        }
    }

    private Flow FlowOf(TaskRef task) => FlowOf(task.Job, PriorityOf(task));

    private Flow FlowOf(JobEntry job, int priority)
    {
        var known = job.Flows.Find(flow => flow.Level.Priority == priority);
        if (known is not null)
        {
            return known;
        }

        if (!Levels.TryGetValue(priority, out var level))
        {
            Levels.Add(priority, level = new PriorityLevel(priority));
        }

        var made = new Flow(job, level);
        job.Flows.Add(made);
        return made;
    }

    private void Age(BandAged aged) => BandOf(aged.Execution, aged).GrowOlder();

    private void SetAging(AgingSet set)
    {
        var band = BandOf(set.Execution, set);
        band.HasStarted = false;
        Deadlines.Set(band.Aging, set.At);
    }

    private PriorityBand BandOf(ExecutionId execution, Event change) =>
        ExecutionOf(execution, change).Place?.Band ?? throw Unfit(change, "it is not queued");
}
