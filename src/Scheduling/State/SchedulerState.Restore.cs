using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling;

public sealed partial class SchedulerState
{
    /// <summary>Jobs that came from a snapshot: executions name them by sequence.</summary>
    private readonly Dictionary<long, JobEntry> _jobsBySequence = [];

    /// <summary>Null when every job of the snapshot that has come is whole.</summary>
    private ArrivingJob? _arriving;

    private void Restore(StateRestored restored)
    {
        Expect(_lastExecution == 0 && Counters == default && PoolsByName.Count == 0, restored, "a snapshot goes into an empty state");
        Counters = restored.Counters;
        _lastExecution = restored.LastExecution;
        RevisionFloor = restored.RevisionFloor;
        foreach (var level in restored.Levels)
        {
            Levels.Add(level.Priority, new PriorityLevel(level.Priority) { Pass = level.Pass });
        }

        foreach (var key in restored.Keys)
        {
            JobsByKey.Add(key.Key, new KeyedJob(key.Job, key.Identity));
        }

        foreach (var key in restored.FinishedKeys)
        {
            _finishedKeys.Enqueue(key);
        }
    }

    private void Restore(PoolRestored restored) =>
        Expect(PoolsByName.TryAdd(restored.Pool.Name, new PoolEntry(restored.Pool) { Declared = restored.Declared }), restored, "the pool is there already");

    private void Restore(WorkerRestored restored)
    {
        var pool = PoolsByName.GetValueOrDefault(restored.Offer.Pool);
        Expect(pool is not null || restored.Lost, restored, $"there is no pool {restored.Offer.Pool}");
        var worker = new WorkerEntry(restored.Worker, restored.Incarnation, restored.Offer, pool ?? new PoolEntry(new PoolSpec(restored.Offer.Pool, Platform.Empty)) { Declared = false })
        {
            Linked = restored.Linked,
            Lost = restored.Lost,
            DrainsByItself = restored.DrainsByItself,
            DrainedByOperator = restored.DrainedByOperator,
            Evicted = restored.Evicted,
            Disconnects = restored.Disconnects,
            Revision = restored.Revision,
            LinkedAt = restored.LinkedAt,
            HeardAt = restored.LinkedAt,
        };
        Expect(WorkersById.TryAdd(worker.Id, worker), restored, "the worker is there already");
        worker.Conduct.Restore(restored.Conduct);
        foreach (var held in restored.Holdings)
        {
            var holding = new Holding(held.Lease, worker, execution: null, held.Charge, held.Since) { State = held.State, GoneAt = held.GoneAt, StartedAt = held.StartedAt, Alone = held.Alone, Exclusive = held.Exclusive, LentCpuMillis = held.LentCpuMillis };
            RestoreFamily(holding, held);
            worker.Holdings.Add(holding);
            if (holding.IsCharged)
            {
                foreach (var name in holding.Exclusive)
                {
                    NameOf(name).HeldBy = holding;
                }

                worker.InUse += holding.Held;
                worker.Isolated = holding.Alone ? holding : worker.Isolated;
            }
        }

        RestoreTurns(worker, restored);
        if (!worker.Lost)
        {
            worker.Pool.Add(worker);
            foreach (var mark in restored.Recent)
            {
                worker.Recent.Note(mark.Key, mark.At);
            }
        }
    }

    private void Restore(JobRestored restored)
    {
        Expect(_arriving is null, restored, "tasks of another job are missing");
        if (restored.TasksToFollow > 0)
        {
            _arriving = new ArrivingJob(restored);
            return;
        }

        var job = new JobEntry(new JobBegan(restored.Job, restored.IdempotencyKey, restored.Spec, restored.At), restored.Sequence)
        {
            Counts = restored.Counts,
            Cancelling = restored.Cancelling,
            CancelReason = restored.CancelReason,
        };
        Expect(restored.Tasks.Length == job.Tasks.Length, restored, "its tasks are not those of its spec");
        Expect(JobsById.TryAdd(job.Id, job), restored, "the job is there already");
        _jobsBySequence.Add(job.Sequence, job);
        if (job.Spec.Parent is { } parent)
        {
            if (!_childrenToRestore.TryGetValue(parent, out var children))
            {
                _childrenToRestore.Add(parent, children = []);
            }

            children.Add(job);
        }

        UnfinishedTasks += job.Unfinished;
        Enter(job);
        foreach (var flow in restored.Flows)
        {
            FlowOf(job, flow.Priority).Restore(flow.Pass, flow.MeanTicks, flow.Waits);
        }

        for (var i = 0; i < job.Tasks.Length; i++)
        {
            job.Tasks[i].Step = restored.Tasks[i].Step;
            job.Tasks[i].End = restored.Tasks[i].End;
            if (restored.Tasks[i].End is { Outcome: Outcome.Success })
            {
                foreach (var dependent in job.DependentsOf(i))
                {
                    job.Tasks[dependent].UnmetNeeds--;
                }
            }
        }
    }

    private void Restore(TasksRestored restored)
    {
        Expect(_arriving?.TryAdd(restored) == true, restored, "these are not the tasks that must follow");
        if (_arriving!.Whole is { } whole)
        {
            _arriving = null;
            Restore(whole);
        }
    }

    private void Restore(ExecutionRestored restored)
    {
        var asked = SpecOf(restored);
        var shape = ShapeOf(restored.Platform, restored.Resources, restored.OfChild);
        shape.References++;
        var execution = new ExecutionEntry(restored.Execution, restored.Action, restored.Cacheable, shape, asked)
        {
            Phase = restored.Phase,
            Flow = FlowOf(JobOf(restored), restored.Priority),
            QueuedAt = restored.QueuedAt,
            Locality = Localities.Take(restored.Locality),
        };
        Expect(Executions.TryAdd(execution), restored, "the execution is there already");
        Expect(!execution.Cacheable || InFlight.TryAdd(execution), restored, "an equal action is in flight");
        foreach (var worker in restored.Avoid)
        {
            execution.Avoid = AvoidSet.With(execution.Avoid, worker);
        }

        RestoreSetbacks(execution, restored);
        foreach (var waiter in restored.Waiters)
        {
            execution.AddWaiter(TaskOf(waiter, restored));
        }

        if (restored.Epoch > 0 || restored.Overtaken > 0)
        {
            RestoreTrail(execution, restored);
        }

        Attach(execution, restored);
    }

    private void RestoreTrail(ExecutionEntry execution, ExecutionRestored restored)
    {
        execution.Epoch = restored.Epoch;
        execution.LastWorker = restored.LastWorker;
        execution.LastMessage = restored.LastMessage;
        execution.InfrastructureLosses = restored.InfrastructureLosses;
        execution.TaskFailures = restored.TaskFailures;
        execution.Counted = Restored(restored.Counted);
        execution.Overtaken = restored.Overtaken;
        execution.StartedAt = restored.StartedAt;
        execution.Had(restored.MemoryBytes);
    }

    /// <summary>What was asked for: nearly always what its first waiter asks for, which is then not kept twice.</summary>
    private TaskSpec SpecOf(ExecutionRestored restored)
    {
        if (!restored.Waiters.IsEmpty
            && TaskOf(restored.Waiters[0], restored).Spec is var spec
            && spec.Platform.Equals(restored.Platform)
            && spec.Resources == restored.Resources
            && spec.Timeout == restored.Timeout
            && spec.Retries == restored.Retries
            && spec.ExpectedDuration == restored.ExpectedDuration
            && spec.Exclusive.AsSpan().SequenceEqual(restored.Exclusive.AsSpan()))
        {
            return spec;
        }

        return new TaskSpec("") { Platform = restored.Platform, Resources = restored.Resources, Timeout = restored.Timeout, Retries = restored.Retries, ExpectedDuration = restored.ExpectedDuration, Exclusive = restored.Exclusive };
    }

    private static void RestoreSetbacks(ExecutionEntry execution, ExecutionRestored restored)
    {
        execution.Avoid = restored.Alone ? Queues.AvoidSet.ToRunAlone(execution.Avoid) : execution.Avoid;
        if (restored is { LostWorkers.IsEmpty: true, Failures.IsEmpty: true, MemoryBefore: 0 })
        {
            return;
        }

        var setbacks = execution.SetbacksToChange();
        setbacks.MemoryBefore = restored.MemoryBefore;
        foreach (var worker in restored.LostWorkers)
        {
            setbacks.Lost(worker);
        }

        foreach (var failure in restored.Failures)
        {
            setbacks.Failed(failure.Worker, failure.Era);
        }
    }

    /// <summary>
    /// The job that an execution counts with: of one that waits for it, or, when none does any more and it is about to go, any.
    /// </summary>
    private JobEntry JobOf(ExecutionRestored restored)
    {
        foreach (var waiter in restored.Waiters)
        {
            var job = TaskOf(waiter, restored).Job;
            if (job.Sequence == restored.JobSequence)
            {
                return job;
            }
        }

        return JobOf(restored.JobSequence)
            ?? new JobEntry(new JobBegan(new JobId(""), "", new JobSpec("", []), DateTimeOffset.UnixEpoch), restored.JobSequence);
    }

    private CountedTime Restored(RestoredCount? counted) =>
        counted is { } known && JobOf(known.JobSequence) is { } job ? new CountedTime(FlowOf(job, known.Priority), known.Ticks, known.Flows) : default;

    private JobEntry? JobOf(long sequence) => _jobsBySequence.GetValueOrDefault(sequence);

    /// <summary>Puts an execution where its phase says: into its queue, or under its live lease.</summary>
    private void Attach(ExecutionEntry execution, ExecutionRestored restored)
    {
        if (execution.Phase == ExecutionPhase.Queued)
        {
            EnterQueue(execution);
            execution.Place!.Band.Restore(restored.Age);
            foreach (var name in execution.Exclusive)
            {
                NameOf(name).TakenBy = execution;
            }
        }
        else if (execution.Phase == ExecutionPhase.Claiming)
        {
            Claim(execution);
        }

        if (restored.Worker is { } running)
        {
            execution.Live = Held(execution, running, restored.LiveEpoch == 0 ? execution.Epoch : restored.LiveEpoch, restored);
        }

        if (restored.Copy is { } copy)
        {
            execution.Copy = Held(execution, copy.Worker, copy.Epoch, restored);
            execution.Copy.Worker.Pool.CopiedCpuMillis += execution.Copy.Charge.CpuMillis;
        }

        if (restored.ReservedOn is { } kept)
        {
            execution.ReservedOn = WorkerOf(kept, restored);
            execution.ReservedOn.ReservedFor = execution;
        }
    }

    private Holding Held(ExecutionEntry execution, WorkerId worker, long epoch, ExecutionRestored restored)
    {
        var holding = WorkerOf(worker, restored).Find(new Lease(execution.Id, epoch)) ?? throw Unfit(restored, "its worker does not have it");
        holding.Execution = execution;
        RestoreChildren(holding);
        return holding;
    }
}
