using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling;

public sealed partial class SchedulerState
{
    private void Create(ExecutionCreated created)
    {
        var task = TaskOf(created.Task, created);
        Expect(task.Entry.Step == TaskStep.Resolving, created, "the task is not being resolved");
        if (created.Execution != NextExecution)
        {
            throw Unfit(created, $"the next execution is {NextExecution}");
        }

        _lastExecution++;
        var shape = ShapeOf(task.Spec.Platform, task.Spec.Resources, task.Job.Spec.Parent is not null);
        shape.References++;
        var execution = new ExecutionEntry(created.Execution, created.Action, created.Cacheable, shape, task.Spec)
        {
            Flow = FlowOf(task),
            Locality = Localities.Take(created.Locality),
        };
        Executions.TryAdd(execution);
        if (created.Cacheable)
        {
            Expect(InFlight.TryAdd(execution), created, "an equal action is in flight");
        }

        execution.AddWaiter(task);
    }

    private void Merge(TaskMerged merged)
    {
        var task = TaskOf(merged.Task, merged);
        var execution = ExecutionOf(merged.Execution, merged);
        Expect(task.Entry.Step == TaskStep.Resolving, merged, "the task is not being resolved");
        execution.AddWaiter(task);
        if (PriorityOf(task) > execution.Flow.Level.Priority)
        {
            MoveTo(FlowOf(task), execution);
        }
    }

    private void Queue(ExecutionQueued queued)
    {
        var execution = ExecutionOf(queued.Execution, queued);
        Expect(execution.Phase == ExecutionPhase.LookingUp, queued, "it was queued before");
        execution.QueuedAt = queued.At;
        Enqueue(execution);
    }

    private void Start(AttemptStarted started)
    {
        var execution = ExecutionOf(started.Lease.Execution, started);
        var worker = WorkerOf(started.Worker, started);
        Expect(execution.Phase == ExecutionPhase.Queued, started, "it is not queued");
        if (started.Lease.Epoch != execution.Epoch + 1)
        {
            throw Unfit(started, $"the next epoch is {execution.Epoch + 1}");
        }

        execution.Counted = execution.Flow.Charge(execution, started.Charge);
        var band = execution.Place!.Band;
        TakeOutOfQueue(execution);
        if (!band.IsEmpty)
        {
            band.Start();
        }

        Unreserve(execution);
        execution.Phase = ExecutionPhase.Running;
        execution.Live = Give(execution, worker, started.Lease, started.Charge, started.At);
        PassNames(execution, execution.Live);
        if (started.Overtook is { } overtaken)
        {
            ExecutionOf(overtaken, started).Overtaken++;
        }
    }

    /// <summary>A worker gets an attempt, the newest of its execution.</summary>
    private Holding Give(ExecutionEntry execution, WorkerEntry worker, Lease lease, Resources charge, DateTimeOffset at)
    {
        execution.Epoch = lease.Epoch;
        execution.LastWorker = worker.Id;
        execution.LastMessage = "";
        execution.StartedAt = at;
        execution.Had(charge.MemoryBytes);
        worker.Revision++;
        var holding = new Holding(lease, worker, execution, charge, worker.Revision) { StartedAt = at, Alone = execution.Alone, Exclusive = execution.Exclusive };
        worker.Holdings.Add(holding);
        worker.Isolated = holding.Alone ? holding : null;
        worker.InUse += charge;
        var job = execution.FirstWaiter!.Value.Job;
        job.Counts = job.Counts with { Attempts = job.Counts.Attempts + 1 };
        Counters = Counters with { AttemptsStarted = Counters.AttemptsStarted + 1 };
        NoteKeys(Localities[execution.Locality], worker);
        return holding;
    }

    /// <summary>The worker has from now on what the newest attempt shares with others.</summary>
    private void NoteKeys(LocalityKeys keys, WorkerEntry worker)
    {
        if (!keys.IsEmpty)
        {
            var had = worker.Recent.PlaceOfFirst(keys) < keys.Count;
            Counters = had ? Counters with { PlacedWithInputs = Counters.PlacedWithInputs + 1 } : Counters with { PlacedElsewhere = Counters.PlacedElsewhere + 1 };
            worker.Recent.Note(keys, Counters.AttemptsStarted);
        }
    }

    private void Requeue(AttemptRequeued requeued)
    {
        var execution = ExecutionOf(requeued.Lease.Execution, requeued);
        Expect(execution is { Copy: null, Live: { } live } && live.Lease == requeued.Lease, requeued, "it is not the one live lease");
        var worker = execution.Worker!;
        var had = worker.Find(requeued.Lease)!.Charge;
        Release(execution, WorkerSaidTheEnd(requeued.Cause) ? HoldingState.Completed : HoldingState.Ending);
        execution.LastMessage = requeued.Message;
        Charge(execution, worker, requeued.Cause, requeued.Message);
        if (requeued.Alone)
        {
            execution.Avoid = AvoidSet.ToRunAlone(execution.Avoid);
        }

        if (requeued.MemoryBytes > 0)
        {
            Enlarge(execution, had, requeued.MemoryBytes);
        }

        Enqueue(execution);
    }

    /// <summary>Otherwise the worker may still start it or end it, and until it is heard of that its share is not free.</summary>
    private static bool WorkerSaidTheEnd(RequeueCause cause) =>
        cause is not (RequeueCause.WorkerLost or RequeueCause.Missing or RequeueCause.Declined or RequeueCause.Evicted or RequeueCause.WorkerAway);

    private void Finish(ExecutionFinished finished)
    {
        var execution = ExecutionOf(finished.Execution, finished);
        var accepted = finished.Origin == ResultOrigin.Executed ? Accept(execution, finished) : null;

        var origin = finished.Origin;
        foreach (var task in execution.Waiters)
        {
            SetEnd(task, new TaskEnd(finished.Outcome, finished.Message, finished.At)
            {
                Origin = origin,
                ExitCode = finished.ExitCode,
                Result = finished.Result,
                Usage = finished.Usage,
                Charges = execution.Charges,
                Execution = execution.Id,
                Action = execution.Action,
                Attempt = accepted?.Lease.Epoch ?? execution.Epoch,
                Worker = accepted?.Worker.Id ?? execution.LastWorker,
                QueuedAt = execution.QueuedAt,
                StartedAt = accepted?.StartedAt ?? execution.StartedAt,
            });
            origin = origin == ResultOrigin.Executed ? ResultOrigin.Merged : origin;
        }

        Leave(execution, HoldingState.Completed);
    }

    /// <summary>The attempt whose result it is; a second one under a live lease is to be ended.</summary>
    private Holding Accept(ExecutionEntry execution, ExecutionFinished finished)
    {
        var copied = execution.Copy is { } copy && copy.Lease.Epoch == finished.Epoch;
        var accepted = (copied ? execution.Copy : execution.Live) ?? throw Unfit(finished, "no lease is live");
        Expect(finished.Epoch == 0 || finished.Epoch == accepted.Lease.Epoch, finished, "the lease is not live");
        Counters = Counters with { CompletionsAccepted = Counters.CompletionsAccepted + 1 };
        execution.Counted.Flow?.Correct(execution.Counted, accepted.Charge, finished.At - (accepted.StartedAt ?? finished.At));
        if (finished.Outcome == Outcome.Success)
        {
            Credit(execution, accepted.Worker);
        }

        if (execution.Copy is not null)
        {
            EndOneOfTwo(execution, copied ? execution.Live! : execution.Copy, HoldingState.Ending);
        }

        return accepted;
    }

    private void Abandon(ExecutionAbandoned abandoned)
    {
        var execution = ExecutionOf(abandoned.Execution, abandoned);
        Expect(execution.WaiterCount == 0, abandoned, "tasks wait for it");
        Leave(execution, HoldingState.Ending);
    }

    private void Leave(ExecutionEntry execution, HoldingState rest)
    {
        if (execution.Copy is { } copy)
        {
            EndOneOfTwo(execution, copy, HoldingState.Ending);
        }

        if (execution.Phase == ExecutionPhase.Running)
        {
            Release(execution, rest);
        }

        TakeOutOfQueue(execution);
        DropClaims(execution);
        PassNames(execution, attempt: null);
        Unreserve(execution);
        execution.Phase = ExecutionPhase.Gone;
        Executions.Remove(execution.Id);
        if (execution.Cacheable)
        {
            InFlight.Remove(execution.Action);
        }

        DropReference(execution.Shape);
        Localities.Drop(execution.Locality);
    }

    private void DropReference(Shape shape)
    {
        if (--shape.References == 0)
        {
            Shapes.Remove((shape.Platform, shape.Asked, shape.OfChildren));
        }
    }

    private void Release(ExecutionEntry execution, HoldingState rest)
    {
        if (execution.Straggling is { } alarm)
        {
            Deadlines.Clear(alarm);
            execution.Straggling = null;
        }

        Release(execution.Live!, rest);
        execution.Live = null;
    }

    private void Release(Holding holding, HoldingState rest)
    {
        var worker = holding.Worker;
        worker.Revision++;
        holding.State = rest;
        holding.Execution = null;
        Unwatch(holding);
        holding.GoneAt = worker.Revision;
        EndFamily(holding);
        if (rest == HoldingState.Completed)
        {
            GiveBack(holding);
        }
    }

    private void GiveBack(Holding holding)
    {
        var worker = holding.Worker;
        worker.InUse -= holding.Held;
        worker.Isolated = ReferenceEquals(worker.Isolated, holding) ? null : worker.Isolated;
        worker.Pool.RoomCameBack(worker);
        FreeNames(holding);
    }

    private static void Unreserve(ExecutionEntry execution)
    {
        if (execution.ReservedOn is { } worker)
        {
            worker.ReservedFor = null;
            execution.ReservedOn = null;
        }
    }

    private Shape ShapeOf(Platform platform, Resources asked, bool ofChildren)
    {
        if (!Shapes.TryGetValue((platform, asked, ofChildren), out var shape))
        {
            shape = new Shape(platform, asked, ofChildren);
            shape.Match(PoolsByName.Values);
            Shapes.Add((platform, asked, ofChildren), shape);
        }

        return shape;
    }
}
