using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling;

public sealed partial class SchedulerState
{
    /// <summary>Applies one event: the only mutation, the same when live and in a replay.</summary>
    /// <exception cref="InvalidOperationException">The event does not fit this state: the journal is damaged or out of order.</exception>
    public void Apply(Event change)
    {
        switch (change)
        {
            case PoolsDeclared declared: Declare(declared); break;
            case JobBegan began: Begin(began); break;
            case TaskResolving resolving: Resolving(resolving); break;
            case ExecutionCreated created: Create(created); break;
            case TaskMerged merged: Merge(merged); break;
            case ExecutionQueued queued: Queue(queued); break;
            case AttemptStarted started: Start(started); break;
            case CopyStarted started: StartCopy(started); break;
            case CopyEnded ended: EndCopy(ended); break;
            case ParentWaiting waiting: Wait(waiting); break;
            case ParentResuming resuming: Resume(resuming); break;
            case ParentResumed resumed: Resume(resumed); break;
            case LocalRunEnded ended: End(ended); break;
            case WaitAlarmSet set: SetAlarm(set); break;
            case NamesTaken taken: TakeNames(taken); break;
            case StragglerAlarmSet set: SetAlarm(set); break;
            case AttemptRequeued requeued: Requeue(requeued); break;
            case ExecutionFinished finished: Finish(finished); break;
            case ExecutionAbandoned abandoned: Abandon(abandoned); break;
            case TaskFinished finished: Finish(finished); break;
            case JobCancelRequested requested: Cancel(requested); break;
            case JobEnded ended: End(ended); break;
            case WorkerJoined joined: Join(joined); break;
            case WorkerReturned returned: Return(returned); break;
            case WorkerDisconnected disconnected: Disconnect(disconnected); break;
            case WorkerExpired expired: Expire(expired); break;
            case WorkerForgotten forgotten: Forget(forgotten); break;
            case WorkerDrainChanged drain: Drain(drain); break;
            case WorkerQuarantined quarantined: Confine(quarantined); break;
            case WorkerReleased released: Release(released); break;
            case QuarantineAlarmSet set: SetAlarm(set); break;
            case HoldingDropped dropped: Drop(dropped); break;
            case WorkerEvicted evicted: Evict(evicted); break;
            case WorkerReadmitted readmitted: Readmit(readmitted); break;
            case HoldingWatched watched: Watch(watched); break;
            case WorkerReserved reserved: Reserve(reserved); break;
            case BandAged aged: Age(aged); break;
            case WorkerDeadlineSet set: SetDeadline(set); break;
            case AgingSet set: SetAging(set); break;
            case JobAlarmSet set: SetAlarm(set); break;
            case CompletionRefused refused: Refuse(refused); break;
            case StateRestored restored: Restore(restored); break;
            case PoolRestored restored: Restore(restored); break;
            case WorkerRestored restored: Restore(restored); break;
            case JobRestored restored: Restore(restored); break;
            case TasksRestored restored: Restore(restored); break;
            case ExecutionRestored restored: Restore(restored); break;
            default: throw Unfit(change, "this version does not know its kind");
        }
    }

    private static InvalidOperationException Unfit(Event change, string why) =>
        new($"Event {change.Number} ({(int)change.Number}) does not fit the state: {why}. {change}");

    private static void Expect(bool condition, Event change, string why)
    {
        if (!condition)
        {
            throw Unfit(change, why);
        }
    }

    private JobEntry JobOf(JobId job, Event change) =>
        JobsById.TryGetValue(job, out var entry) ? entry : throw Unfit(change, $"there is no job {job}");

    private TaskRef TaskOf(TaskId task, Event change) => FindRef(task) ?? throw Unfit(change, $"there is no task {task}");

    private ExecutionEntry ExecutionOf(ExecutionId execution, Event change) =>
        Executions.TryGetValue(execution, out var entry) ? entry : throw Unfit(change, $"there is no execution {execution}");

    private WorkerEntry WorkerOf(WorkerId worker, Event change) =>
        WorkersById.TryGetValue(worker, out var entry) ? entry : throw Unfit(change, $"there is no worker {worker}");
}
