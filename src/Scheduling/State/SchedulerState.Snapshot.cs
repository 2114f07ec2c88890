using System.Collections.Immutable;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling;

public sealed partial class SchedulerState
{
    /// <summary>Little enough that what is made for one event dies young.</summary>
    private const int TasksAtOnce = 256;

    /// <summary>
    /// The state as events that give it back when an empty state applies them in this order. Read lazily: nothing else may
    /// touch the state until the last one is taken.
    /// </summary>
    /// <param name="tasksAtOnce">Tasks of one event at most: a job that has more comes in parts.</param>
    public IEnumerable<Event> Snapshot(int tasksAtOnce = TasksAtOnce)
    {
        yield return new StateRestored(
            Counters,
            _lastExecution,
            RevisionFloor,
            [.. JobsByKey.Select(static pair => new RestoredKey(pair.Key, pair.Value.Job, pair.Value.Identity))],
            [.. _finishedKeys])
        {
            Levels = [.. Levels.Values.Select(static level => new RestoredLevel(level.Priority, level.Pass))],
        };
        foreach (var pool in PoolsByName.Values)
        {
            yield return new PoolRestored(pool.Spec, pool.Declared);
        }

        // In the order of their pools, which a search for a free worker follows; lost ones are in none.
        foreach (var worker in PoolsByName.Values.SelectMany(static pool => pool.Workers).Concat(WorkersById.Values.Where(static worker => worker.PoolIndex < 0)))
        {
            yield return SnapshotOf(worker);
        }

        foreach (var job in JobsById.Values)
        {
            foreach (var part in SnapshotOf(job, tasksAtOnce))
            {
                yield return part;
            }
        }

        foreach (var execution in Executions.Values)
        {
            yield return SnapshotOf(execution);
        }
    }

    private static WorkerRestored SnapshotOf(WorkerEntry worker) => new(worker.Id, worker.Incarnation, worker.Offer, worker.LinkedAt)
    {
        Linked = worker.Linked,
        Lost = worker.Lost,
        DrainsByItself = worker.DrainsByItself,
        DrainedByOperator = worker.DrainedByOperator,
        Evicted = worker.Evicted,
        Disconnects = worker.Disconnects,
        Revision = worker.Revision,
        Holdings = [.. worker.Holdings.Select(static holding => new RestoredHolding(holding.Lease, holding.Charge, holding.State, holding.Since, holding.GoneAt) { StartedAt = holding.StartedAt, Alone = holding.Alone, Exclusive = holding.Exclusive, LentCpuMillis = holding.LentCpuMillis, Waits = SnapshotOf(holding.Family) })],
        Conduct = worker.Conduct.Snapshot,
        Recent = [.. worker.Recent.Marks.Select(static mark => new RestoredMark(mark.Key, mark.At))],
    };

    private static IEnumerable<Event> SnapshotOf(JobEntry job, int tasksAtOnce)
    {
        var whole = job.Tasks.Length <= tasksAtOnce;
        yield return new JobRestored(job.Id, job.IdempotencyKey, whole ? job.Spec : job.Spec with { Tasks = [] }, job.At, job.Sequence)
        {
            Cancelling = job.Cancelling,
            CancelReason = job.CancelReason,
            Counts = job.Counts,
            Flows = [.. job.Flows.Select(static flow => new RestoredFlow(flow.Level.Priority, flow.Pass, flow.MeanTicks, flow.Waiting > 0))],
            Tasks = whole ? TasksOf(job, 0, job.Tasks.Length) : [],
            TasksToFollow = whole ? 0 : job.Tasks.Length,
        };
        for (var first = 0; first < job.Tasks.Length && !whole; first += tasksAtOnce)
        {
            var count = Math.Min(tasksAtOnce, job.Tasks.Length - first);
            yield return new TasksRestored(job.Id, first, job.Spec.Tasks.Slice(first, count), TasksOf(job, first, count));
        }
    }

    private static ImmutableArray<RestoredTask> TasksOf(JobEntry job, int first, int count)
    {
        var tasks = ImmutableArray.CreateBuilder<RestoredTask>(count);
        foreach (ref var task in job.Tasks.AsSpan(first, count))
        {
            tasks.Add(new RestoredTask(task.Step, task.End));
        }

        return tasks.MoveToImmutable();
    }

    /// <summary>Null when its job has left: nothing is put right for it any more.</summary>
    private RestoredCount? SnapshotOf(CountedTime counted) => counted.Flow is { Job: var job } flow && IsHere(job)
        ? new RestoredCount(job.Sequence, flow.Level.Priority, counted.Ticks, counted.Flows)
        : null;

    internal bool IsHere(JobEntry job) => JobsById.TryGetValue(job.Id, out var known) && ReferenceEquals(known, job);

    private ExecutionRestored SnapshotOf(ExecutionEntry execution)
    {
        var waiters = ImmutableArray.CreateBuilder<TaskId>(execution.WaiterCount);
        foreach (var task in execution.Waiters)
        {
            waiters.Add(task.Id);
        }

        return new ExecutionRestored(execution.Id, execution.Action, execution.Cacheable, execution.Phase)
        {
            Platform = execution.Shape.Platform,
            Resources = execution.Shape.Asked,
            Exclusive = execution.Exclusive,
            OfChild = execution.Shape.OfChildren,
            Timeout = execution.Timeout,
            Retries = execution.Retries,
            Epoch = execution.Epoch,
            Worker = execution.Worker?.Id,
            LiveEpoch = execution.Live?.Lease.Epoch ?? 0,
            Copy = execution.Copy is { } copy ? new RestoredCopy(copy.Worker.Id, copy.Lease.Epoch) : null,
            LastWorker = execution.LastWorker,
            LastMessage = execution.LastMessage,
            InfrastructureLosses = execution.InfrastructureLosses,
            TaskFailures = execution.TaskFailures,
            Avoid = execution.Avoid is { } avoid ? [.. avoid.Workers] : [],
            Alone = execution.Alone,
            LostWorkers = [.. execution.Setbacks?.LostWorkers ?? []],
            Failures = [.. execution.Setbacks?.Failures ?? []],
            MemoryBefore = execution.Setbacks?.MemoryBefore ?? 0,
            MemoryBytes = execution.Charges.MemoryBytes,
            Priority = execution.Flow.Level.Priority,
            JobSequence = execution.Flow.Job.Sequence,
            ExpectedDuration = new TimeSpan(execution.ExpectedTicks),
            Counted = SnapshotOf(execution.Counted),
            Age = execution.Place?.Band.Age ?? 0,
            Overtaken = execution.Overtaken,
            ReservedOn = execution.ReservedOn?.Id,
            QueuedAt = execution.QueuedAt,
            StartedAt = execution.StartedAt,
            Locality = Localities[execution.Locality],
            Waiters = waiters.MoveToImmutable(),
        };
    }
}
