using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Jobs;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Families;

/// <summary>
/// Parents that wait for children. While an attempt waits it lends its CPU, to children alone: so when it wants it back it waits for
/// children on its worker at most, never for a task that may take hours. It goes on when it has its CPU, and until then nothing starts
/// on its worker. Nobody waits in a circle: <see cref="LentCpu"/> leaves no circle of attempts that want CPU back, and a child that
/// finds no room, or cannot go on without its parent's CPU, is given up within a bound (<see cref="Progress"/>).
/// </summary>
internal static class ParentPolicy
{
    private static readonly TimeSpan ShortestBound = TimeSpan.FromMilliseconds(1);

    public static void Execute(Turn turn, WaitForChild wait)
    {
        if (turn.State.FindLive(wait.Parent) is not { } parent)
        {
            turn.Do(new ChildWaitAnswered(wait.Parent, wait.Wait, ChildAnswer.ParentEnded));
        }
        else if (turn.State.FindWait(wait.Parent, wait.Wait) is null)
        {
            var lent = wait.CpuMillis <= 0 ? parent.Charge.CpuMillis : Math.Min(wait.CpuMillis, parent.Charge.CpuMillis);
            var bound = wait.Bound > ShortestBound ? wait.Bound : ShortestBound;
            turn.Emit(new ParentWaiting(wait.Parent, wait.Wait, wait.Child, lent, bound));
            if (FindChild(turn, wait, out var answer))
            {
                turn.Emit(new WaitAlarmSet(wait.Parent, wait.Wait, turn.Now.Monotonic + bound));
            }
            else
            {
                // Decided at once; but what the parent lent in an earlier wait may not be back yet.
                turn.Emit(new ParentResuming(wait.Parent, wait.Wait, answer));
            }

            turn.Place(parent.Worker);
        }
    }

    public static void Execute(Turn turn, EndWait end)
    {
        switch (turn.State.FindWait(end.Parent, end.Wait))
        {
            case { Step: WaitStep.Waiting } wait:
                Resume(turn, wait, ChildAnswer.Gone);
                break;
            case { Step: WaitStep.Local } wait:
                turn.Emit(new LocalRunEnded(end.Parent, end.Wait));
                turn.Place(wait.Parent.Worker);
                break;
        }
    }

    private static bool FindChild(Turn turn, WaitForChild wait, out ChildAnswer answer)
    {
        var known = turn.State.JobsById.TryGetValue(wait.Child, out var child);
        answer = known ? ChildAnswer.NotAChild : ChildAnswer.Finished;
        return known && child!.Spec.Parent == wait.Parent;
    }

    /// <summary>The bound of a wait has passed.</summary>
    public static void Ring(Turn turn, ParentWait wait)
    {
        var child = turn.State.JobsById[wait.Child];
        if (Progress.IsMade(child, wait.Parent.Execution!))
        {
            turn.Emit(new WaitAlarmSet(wait.Parent.Lease, wait.Id, turn.Now.Monotonic + wait.Bound));
            return;
        }

        foreach (var same in child.Waits!.ToArray())
        {
            Resume(turn, same, ChildAnswer.RunLocally);
        }

        Cancellation.Cancel(turn, child, $"nothing of it ran for {Amounts.Time(wait.Bound)}: its parent does it");
    }

    /// <summary>A job is about to leave the state.</summary>
    public static void Finished(Turn turn, JobEntry child)
    {
        foreach (var wait in child.Waits?.ToArray() ?? [])
        {
            Resume(turn, wait, ChildAnswer.Finished);
        }
    }

    /// <summary>
    /// Gives the CPU back to those that want it, in the order that they asked, as far as they may have it. One that may not yet does not
    /// hold up the others: what it waits for may be held by one of them, which lent a part of its own alone.
    /// </summary>
    public static void ResumeOn(Turn turn, WorkerEntry worker)
    {
        while (worker.Resuming.Find(LentCpu.MayReturn) is { } wait)
        {
            turn.Emit(new ParentResumed(wait.Parent.Lease, wait.Id));
            turn.Do(new ChildWaitAnswered(wait.Parent.Lease, wait.Id, wait.Answer));
        }
    }

    /// <summary>An attempt ends with this event: what its children and its waits were.</summary>
    public static void Note(Turn turn, Event change)
    {
        switch (change)
        {
            case AttemptRequeued requeued:
                Note(turn, turn.State.FindLive(requeued.Lease));
                break;
            case CopyEnded ended:
                Note(turn, turn.State.FindLive(ended.Lease));
                break;
            case ExecutionFinished finished:
                Note(turn, turn.State.Executions[finished.Execution]);
                break;
            case ExecutionAbandoned abandoned:
                Note(turn, turn.State.Executions[abandoned.Execution]);
                break;
        }
    }

    /// <summary>Children of attempts that ended are cancelled; what others wait for too goes on for them.</summary>
    public static void EndChildren(Turn turn)
    {
        while (turn.EndedFamilies.TryDequeue(out var ended))
        {
            foreach (var wait in ended.Family.Waits)
            {
                turn.Do(new ChildWaitAnswered(ended.Parent, wait.Id, ChildAnswer.ParentEnded));
            }

            foreach (var child in ended.Family.Children)
            {
                if (turn.State.IsHere(child))
                {
                    Cancellation.Cancel(turn, child, $"its parent, attempt {ended.Parent}, has ended");
                }
            }

            Settlement.Run(turn);
        }
    }

    /// <summary>After a restart: every call that waited is gone, and children may have outlived their parents.</summary>
    public static void TakeOver(Turn turn)
    {
        foreach (var worker in turn.State.WorkersById.Values)
        {
            foreach (var holding in worker.Holdings)
            {
                // What a parent does itself goes on.
                foreach (var wait in holding.Family?.Waits.FindAll(static wait => wait.Step == WaitStep.Waiting) ?? [])
                {
                    Resume(turn, wait, ChildAnswer.Gone);
                }
            }

            turn.Place(worker);
        }

        foreach (var job in turn.State.JobsById.Values.Where(static job => job.Spec.Parent is not null).ToArray())
        {
            if (turn.State.IsHere(job) && turn.State.FindLive(job.Spec.Parent!.Value) is null)
            {
                Cancellation.Cancel(turn, job, $"its parent, attempt {job.Spec.Parent}, has ended");
            }
        }
    }

    private static void Resume(Turn turn, ParentWait wait, ChildAnswer answer)
    {
        turn.Emit(new ParentResuming(wait.Parent.Lease, wait.Id, answer));
        turn.Place(wait.Parent.Worker);
    }

    private static void Note(Turn turn, ExecutionEntry execution)
    {
        Note(turn, execution.Live);
        Note(turn, execution.Copy);
    }

    private static void Note(Turn turn, Holding? parent)
    {
        if (parent?.Family is { } family)
        {
            turn.EndedFamilies.Enqueue((parent.Lease, family));
            turn.Place(parent.Worker);
        }
    }
}
