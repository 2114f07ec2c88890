using BuildFarm.Scheduling.Families;
using BuildFarm.Scheduling.Admission;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Executions;
using BuildFarm.Scheduling.Jobs;
using BuildFarm.Scheduling.Quarantine;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Workers;

/// <summary>
/// Takes over a replayed state: every stream is gone, every lease starts again, and what the coordinator before may have left undone
/// is asked for again. All of it may safely happen twice.
/// </summary>
internal static class Resumption
{
    public static void Execute(Turn turn)
    {
        foreach (var worker in turn.State.WorkersById.Values)
        {
            if (worker.Linked)
            {
                turn.Emit(new WorkerDisconnected(worker.Id));
            }

            if (worker.IsQuarantined)
            {
                WorkerQuarantine.SetAlarm(turn, worker);
            }
        }

        DeadlineSweep.RenewLeases(turn);
        foreach (var job in new List<JobEntry>(turn.State.JobsById.Values))
        {
            AskAgain(turn, job);
        }

        foreach (var execution in new List<ExecutionEntry>(turn.State.Executions.Values))
        {
            AskAgain(turn, execution);
        }

        ParentPolicy.TakeOver(turn);

        // Deadlines of jobs may have come while no coordinator was there.
        DeadlineSweep.ActOnWhatIsDue(turn);
    }

    private static void AskAgain(Turn turn, JobEntry job)
    {
        if (job.Unfinished == 0)
        {
            Settlement.EndJob(turn, job);
            return;
        }

        DeadlinePolicy.Watch(turn, job, turn.Now.Wall - job.At);
        if (Superseding.TryGoOn(turn, job))
        {
            return;
        }

        if (job.Cancelling)
        {
            Cancellation.CancelRest(turn, job, job.CancelReason);
            return;
        }

        for (var i = 0; i < job.Tasks.Length; i++)
        {
            var task = new TaskRef(job, i);
            switch (task.Entry.Step)
            {
                case TaskStep.Resolving:
                    turn.Do(new ResolveTask(task.Id));
                    break;
                case TaskStep.Waiting:
                    GoOn(turn, task);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>A journal that ends inside a command may hold the end of a need and not what followed from it.</summary>
    private static void GoOn(Turn turn, TaskRef task)
    {
        if (task.Entry.UnmetNeeds == 0)
        {
            Resolution.Begin(turn, task);
            return;
        }

        foreach (var need in task.Spec.Needs)
        {
            var needed = new TaskRef(task.Job, need);
            if (needed.Entry.End is { Outcome: not Outcome.Success } end)
            {
                Settlement.Finish(turn, task, Outcome.Cancelled, Settlement.MessageFor(needed, end.Outcome));
                return;
            }
        }
    }

    private static void AskAgain(Turn turn, ExecutionEntry execution)
    {
        turn.ToWatch.Add(execution);
        StragglerPolicy.Watch(turn, execution);
        if (execution.WaiterCount == 0)
        {
            Settlement.Abandon(turn, execution);
        }
        else if (execution.Phase is ExecutionPhase.Queued or ExecutionPhase.Claiming && Attempts.IsOver(turn, execution))
        {
            // A journal that ends inside a command may hold the last loss and not the end that followed from it.
            Attempts.GiveUp(turn, execution, execution.LastMessage);
        }
        else if (execution.Phase == ExecutionPhase.LookingUp && execution.Cacheable)
        {
            turn.Do(new LookUpAction(execution.Id, execution.Action, execution.FirstWaiter!.Value.Id));
        }
        else if (execution.Phase == ExecutionPhase.LookingUp)
        {
            Resolution.Enqueue(turn, execution);
        }
    }
}
