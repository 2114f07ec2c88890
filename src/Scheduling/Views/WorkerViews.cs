using BuildFarm.Scheduling.Quarantine;
using BuildFarm.Scheduling.State;
using System.Collections.Immutable;

namespace BuildFarm.Scheduling.Views;

/// <summary>Makes views of workers and pools.</summary>
internal static class WorkerViews
{
    public static DesiredState Desired(WorkerEntry worker)
    {
        // Most of what a worker holds is live, so this has the right size nearly always.
        var assignments = ImmutableArray.CreateBuilder<Assignment>(worker.Holdings.Count);
        foreach (var holding in worker.Holdings)
        {
            if (holding.Assignment is { } assignment)
            {
                assignments.Add(assignment);
            }
        }

        return new DesiredState(worker.Id, worker.Incarnation, worker.Revision, assignments.DrainToImmutable()) { Evicted = worker.Evicted };
    }

    public static WorkerView Of(WorkerEntry worker)
    {
        var running = ImmutableArray.CreateBuilder<TaskId>();
        foreach (var holding in worker.Holdings)
        {
            if (holding.Execution?.FirstWaiter is { } task)
            {
                running.Add(task.Id);
            }
        }

        return new WorkerView(
            worker.Id,
            worker.Incarnation,
            worker.Offer,
            ConditionOf(worker),
            worker.InUse,
            running.ToImmutable(),
            worker.LinkedAt,
            worker.HeardAt)
        {
            Reason = worker.IsQuarantined ? WorkerQuarantine.Describe(worker.Conduct) : worker.Conduct.OnProbation ? "on probation after a quarantine" : "",
            Disconnects = worker.Disconnects,
            Evicted = worker.Evicted,
        };
    }

    public static PoolView Of(PoolEntry pool)
    {
        var workers = 0;
        foreach (var worker in pool.Workers)
        {
            workers += worker.Linked ? 1 : 0;
        }

        var queued = 0;
        foreach (var queue in pool.Waiting)
        {
            queued += queue.Count;
        }

        return new PoolView(pool.Spec, workers, queued);
    }

    public static WorkerCondition ConditionOf(WorkerEntry worker) => worker switch
    {
        { Lost: true } => WorkerCondition.Lost,
        { Linked: false } => WorkerCondition.Unlinked,
        { Evicted.Length: > 0 } => WorkerCondition.Evicted,
        { IsDraining: true } => WorkerCondition.Draining,
        { IsQuarantined: true } => WorkerCondition.Quarantined,
        _ => WorkerCondition.Ready,
    };
}
