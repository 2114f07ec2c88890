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
        var shape = ShapeOf(task.Spec);
        shape.References++;
        var execution = new ExecutionEntry(created.Execution, created.Action, created.Cacheable, shape, task.Spec)
        {
            Flow = FlowOf(task),
        };
        Executions.Add(execution.Id, execution);
        if (created.Cacheable)
        {
            Expect(InFlight.TryAdd(created.Action, execution), created, "an equal action is in flight");
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
        execution.Epoch = started.Lease.Epoch;
        execution.Worker = worker;
        execution.LastWorker = worker.Id;
        execution.LastMessage = "";
        execution.StartedAt = started.At;
        worker.Revision++;
        worker.Holdings.Add(new Holding(started.Lease, execution, started.Charge, worker.Revision));
        worker.InUse += started.Charge;
        var job = execution.FirstWaiter!.Value.Job;
        job.Counts = job.Counts with { Attempts = job.Counts.Attempts + 1 };
        Counters = Counters with { AttemptsStarted = Counters.AttemptsStarted + 1 };
        if (started.Overtook is { } overtaken)
        {
            ExecutionOf(overtaken, started).Overtaken++;
        }
    }

    private void Requeue(AttemptRequeued requeued)
    {
        var execution = ExecutionOf(requeued.Lease.Execution, requeued);
        Expect(execution.Phase == ExecutionPhase.Running && execution.Epoch == requeued.Lease.Epoch, requeued, "the lease is not live");
        var worker = execution.Worker!;
        Release(execution, WorkerSaidTheEnd(requeued.Cause) ? HoldingState.Completed : HoldingState.Ending);
        execution.LastMessage = requeued.Message;
        switch (requeued.Cause)
        {
            case RequeueCause.WorkerLost or RequeueCause.Infrastructure or RequeueCause.Missing:
                execution.InfrastructureLosses++;
                execution.Avoid = AvoidSet.With(execution.Avoid, worker.Id);
                Counters = Counters with { AttemptsLost = Counters.AttemptsLost + 1 };
                break;
            case RequeueCause.TaskRetry:
                execution.TaskFailures++;
                break;
            default:
                break;
        }

        Enqueue(execution);
    }

    /// <summary>Otherwise the worker may still start it or end it, and until it is heard of that its share is not free.</summary>
    private static bool WorkerSaidTheEnd(RequeueCause cause) =>
        cause is not (RequeueCause.WorkerLost or RequeueCause.Missing or RequeueCause.Declined);

    private void Finish(ExecutionFinished finished)
    {
        var execution = ExecutionOf(finished.Execution, finished);
        var worker = finished.Origin == ResultOrigin.Executed ? execution.LastWorker : null;
        if (finished.Origin == ResultOrigin.Executed)
        {
            Expect(execution.Phase == ExecutionPhase.Running, finished, "no lease is live");
            Counters = Counters with { CompletionsAccepted = Counters.CompletionsAccepted + 1 };
            var charge = execution.Worker!.Find(new Lease(execution.Id, execution.Epoch))!.Charge;
            execution.Counted.Flow?.Correct(execution.Counted, charge, finished.At - (execution.StartedAt ?? finished.At));
        }

        var origin = finished.Origin;
        foreach (var task in execution.Waiters)
        {
            SetEnd(task, new TaskEnd(finished.Outcome, finished.Message, finished.At)
            {
                Origin = origin,
                ExitCode = finished.ExitCode,
                Result = finished.Result,
                Usage = finished.Usage,
                Execution = execution.Id,
                Action = execution.Action,
                Attempt = execution.Epoch,
                Worker = worker ?? execution.LastWorker,
                QueuedAt = execution.QueuedAt,
                StartedAt = execution.StartedAt,
            });
            origin = origin == ResultOrigin.Executed ? ResultOrigin.Merged : origin;
        }

        Leave(execution, HoldingState.Completed);
    }

    private void Abandon(ExecutionAbandoned abandoned)
    {
        var execution = ExecutionOf(abandoned.Execution, abandoned);
        Expect(execution.WaiterCount == 0, abandoned, "tasks wait for it");
        Leave(execution, HoldingState.Ending);
    }

    private void Leave(ExecutionEntry execution, HoldingState rest)
    {
        if (execution.Phase == ExecutionPhase.Running)
        {
            Release(execution, rest);
        }

        TakeOutOfQueue(execution);
        Unreserve(execution);
        execution.Phase = ExecutionPhase.Gone;
        Executions.Remove(execution.Id);
        if (execution.Cacheable)
        {
            InFlight.Remove(execution.Action);
        }

        if (--execution.Shape.References == 0)
        {
            Shapes.Remove((execution.Shape.Platform, execution.Shape.Asked));
        }
    }

    private static void Release(ExecutionEntry execution, HoldingState rest)
    {
        var worker = execution.Worker!;
        var holding = worker.Find(new Lease(execution.Id, execution.Epoch))!;
        worker.Revision++;
        holding.State = rest;
        holding.Execution = null;
        holding.GoneAt = worker.Revision;
        execution.Worker = null;
        if (rest == HoldingState.Completed)
        {
            GiveBack(worker, holding.Charge);
        }
    }

    private static void GiveBack(WorkerEntry worker, Resources charge)
    {
        worker.InUse -= charge;
        worker.Pool.RoomCameBack(worker);
    }

    private static void Unreserve(ExecutionEntry execution)
    {
        if (execution.ReservedOn is { } worker)
        {
            worker.ReservedFor = null;
            execution.ReservedOn = null;
        }
    }

    private Shape ShapeOf(TaskSpec spec)
    {
        if (!Shapes.TryGetValue((spec.Platform, spec.Resources), out var shape))
        {
            shape = new Shape(spec.Platform, spec.Resources);
            shape.Match(PoolsByName.Values);
            Shapes.Add((spec.Platform, spec.Resources), shape);
        }

        return shape;
    }
}
