using System.Collections.Immutable;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling;

public sealed partial class SchedulerState
{
    /// <summary>Of a snapshot: children whose parents' executions have not come yet.</summary>
    private readonly Dictionary<Lease, List<JobEntry>> _childrenToRestore = [];

    /// <summary>The attempt under this lease, when that is live.</summary>
    internal Holding? FindLive(Lease lease)
    {
        if (!Executions.TryGetValue(lease.Execution, out var execution))
        {
            return null;
        }

        return execution.Live?.Lease == lease ? execution.Live : execution.Copy?.Lease == lease ? execution.Copy : null;
    }

    internal ParentWait? FindWait(Lease parent, long wait) => FindLive(parent)?.Family?.Waits.Find(known => known.Id == wait);

    /// <summary>A job that works for an attempt belongs to it.</summary>
    private void Adopt(JobEntry job)
    {
        if (job.Spec.Parent is { } parent && FindLive(parent) is { } holding)
        {
            (holding.Family ??= new Family()).Children.Add(job);
        }
    }

    private void Disown(JobEntry job)
    {
        if (job.Spec.Parent is { } parent && FindLive(parent)?.Family is { } family)
        {
            family.Children.Remove(job);
        }
    }

    private void Wait(ParentWaiting waiting)
    {
        var holding = FindLive(waiting.Parent) ?? throw Unfit(waiting, "the lease is not live");
        Expect(FindWait(waiting.Parent, waiting.Wait) is null, waiting, "it waits already");
        var wait = new ParentWait(waiting.Wait, holding, waiting.Child, waiting.CpuMillis, waiting.Bound);
        (holding.Family ??= new Family()).Waits.Add(wait);
        if (JobsById.TryGetValue(waiting.Child, out var job))
        {
            (job.Waits ??= []).Add(wait);
        }

        Lend(holding);
    }

    private void Resume(ParentResuming resuming)
    {
        var wait = WaitOf(resuming.Parent, resuming.Wait, resuming);
        Expect(wait.Step == WaitStep.Waiting, resuming, "it does not wait");
        wait.Step = WaitStep.Resuming;
        wait.Answer = resuming.Answer;
        Forget(wait);
        wait.Parent.Worker.Resuming.Add(wait);
    }

    private void Resume(ParentResumed resumed)
    {
        var wait = WaitOf(resumed.Parent, resumed.Wait, resumed);
        Expect(wait.Step == WaitStep.Resuming, resumed, "it does not want its CPU back");
        wait.Parent.Worker.Resuming.Remove(wait);
        if (wait.Answer == ChildAnswer.RunLocally)
        {
            wait.Step = WaitStep.Local;
        }
        else
        {
            wait.Parent.Family!.Waits.Remove(wait);
        }

        Lend(wait.Parent);
    }

    private void End(LocalRunEnded ended)
    {
        var wait = WaitOf(ended.Parent, ended.Wait, ended);
        Expect(wait.Step == WaitStep.Local, ended, "the parent does not do it itself");
        wait.Parent.Family!.Waits.Remove(wait);
        Lend(wait.Parent);
    }

    private void SetAlarm(WaitAlarmSet set) => Deadlines.Set(WaitOf(set.Parent, set.Wait, set).Alarm, set.At);

    private ParentWait WaitOf(Lease parent, long wait, Event change) =>
        FindWait(parent, wait) ?? throw Unfit(change, "there is no such wait");

    /// <summary>Counts again what an attempt lends.</summary>
    private static void Lend(Holding holding)
    {
        var more = (holding.Family?.LentOf(holding.Charge.CpuMillis) ?? 0) - holding.LentCpuMillis;
        holding.LentCpuMillis += more;
        holding.Worker.LentCpuMillis += more;
        holding.Worker.InUse -= new Resources(more, 0);
        holding.Worker.Pool.RoomCameBack(holding.Worker);
    }

    /// <summary>Its child is of no interest any more.</summary>
    private void Forget(ParentWait wait)
    {
        Deadlines.Clear(wait.Alarm);
        JobsById.GetValueOrDefault(wait.Child)?.Waits?.Remove(wait);
    }

    /// <summary>Its lease is over: it wants nothing back. What it lent is its worker's, as what it holds is when it is gone.</summary>
    private void EndFamily(Holding holding)
    {
        if (holding.Family is { } family)
        {
            family.Waits.ForEach(Forget);
            holding.Worker.Resuming.RemoveAll(wait => ReferenceEquals(wait.Parent, holding));
            holding.Worker.LentCpuMillis -= holding.LentCpuMillis;
            holding.Family = null;
        }
    }

    private static ImmutableArray<RestoredWait> SnapshotOf(Family? family) => family is null ? [] :
    [
        .. family.Waits.Select(static wait => new RestoredWait(
            wait.Id, wait.Child, wait.CpuMillis, wait.Bound, wait.Step, wait.Answer, wait.Parent.Worker.Resuming.IndexOf(wait) + 1)),
    ];

    private static void RestoreFamily(Holding holding, RestoredHolding held)
    {
        if (holding.State != HoldingState.Live || held.Waits.IsEmpty)
        {
            return;
        }

        holding.Family = new Family();
        holding.Worker.LentCpuMillis += holding.LentCpuMillis;
        foreach (var wait in held.Waits)
        {
            holding.Family.Waits.Add(new ParentWait(wait.Wait, holding, wait.Child, wait.CpuMillis, wait.Bound) { Step = wait.Step, Answer = wait.Answer });
        }
    }

    /// <summary>Those that want their CPU back stand in the order that they asked in.</summary>
    private static void RestoreTurns(WorkerEntry worker, WorkerRestored restored)
    {
        var turns = new SortedDictionary<int, ParentWait>();
        foreach (var held in restored.Holdings)
        {
            foreach (var wait in held.Waits.Where(static wait => wait.Turn > 0))
            {
                turns.Add(wait.Turn, worker.Find(held.Lease)!.Family!.Waits.Find(known => known.Id == wait.Wait)!);
            }
        }

        worker.Resuming.AddRange(turns.Values);
    }

    /// <summary>In a snapshot an attempt's worker comes first, then its children and what it waits for, then its execution.</summary>
    private void RestoreChildren(Holding holding)
    {
        foreach (var wait in holding.Family?.Waits ?? [])
        {
            if (wait.Step == WaitStep.Waiting && JobsById.TryGetValue(wait.Child, out var child))
            {
                (child.Waits ??= []).Add(wait);
            }
        }

        if (_childrenToRestore.Remove(holding.Lease, out var children))
        {
            (holding.Family ??= new Family()).Children.AddRange(children);
        }
    }
}
