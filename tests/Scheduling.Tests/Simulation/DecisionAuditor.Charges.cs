using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>What is charged, and to whom.</summary>
internal sealed partial class DecisionAuditor
{
    /// <summary>What a loss or a quarantine is put down to.</summary>
    private static void CheckBlame(SchedulerState state, Event change)
    {
        if (change is AttemptRequeued { Cause: RequeueCause.WorkerLost or RequeueCause.Evicted } lost)
        {
            var worker = state.WorkersById.Values.Single(w => w.Find(lost.Lease) is not null);
            Must.Hold(
                (lost.Cause == RequeueCause.Evicted) == (worker.DrainsByItself || worker.DrainedByOperator),
                $"{lost.Lease} ended as {lost.Cause} on {worker.Id}, which drains: {worker.DrainsByItself || worker.DrainedByOperator}");
        }

        if (change is WorkerQuarantined quarantined)
        {
            var pool = state.WorkersById.Values.Where(w => w.Linked && !w.Lost && w.Pool == state.WorkersById[quarantined.Worker].Pool).ToList();
            Must.Hold(
                pool.Count(static w => w.Conduct.Reason is not null) * 2 <= pool.Count,
                $"{quarantined.Worker} went into quarantine, and most of its {pool.Count} are there");
        }
    }

    /// <summary>One that ran out of memory is tried once more wherever there is more.</summary>
    private void CheckMemory(SchedulerState state, Event change)
    {
        switch (change)
        {
            case AttemptStarted started:
                _charges[started.Lease.Execution] = (state.Executions[started.Lease.Execution].Shape.Platform, started.Charge);
                break;
            case AttemptRequeued { Cause: RequeueCause.OutOfMemory } requeued:
                _enlarged.Add(requeued.Lease.Execution);
                break;
            case ExecutionFinished { Outcome: Outcome.OutOfMemory } finished:
                var (platform, charge) = _charges[finished.Execution];
                var more = charge with { MemoryBytes = charge.MemoryBytes + 1 };
                var pools = state.PoolsByName.Values.Where(pool => pool.Declared && pool.Spec.Platform.Satisfies(platform)).ToList();
                Must.Hold(
                    _enlarged.Contains(finished.Execution) || pools.Count == 0 || !pools.TrueForAll(p => p.Workers.Any(w => more.FitsIn(w.Offer.Capacity))),
                    $"{finished.Execution} ran out of memory and was not tried with more");
                break;
        }
    }

    /// <summary>What an attempt lends is not what it uses itself, and one child makes one process stand still.</summary>
    private static void CheckLent(SchedulerState state)
    {
        foreach (var holding in state.WorkersById.Values.SelectMany(static worker => worker.Holdings).Where(static holding => holding is { LentCpuMillis: > 0, Family: not null }))
        {
            var waits = holding.Family!.Waits;
            var used = waits.Where(static wait => wait.Step == WaitStep.Local).Sum(static wait => wait.CpuMillis);
            Must.Hold(
                holding.LentCpuMillis + used <= holding.Charge.CpuMillis,
                $"{holding.Lease} lends {holding.LentCpuMillis} and uses {used} of {holding.Charge.CpuMillis}");
            var still = waits.Select(static wait => wait.Child).Distinct().Sum(child => waits.Where(wait => wait.Child == child).Max(static wait => wait.CpuMillis));
            Must.Hold(holding.LentCpuMillis <= still, $"{holding.Lease} lends {holding.LentCpuMillis}, and only {still} stand still");
        }
    }

    private void CheckLimits(SchedulerState state)
    {
        foreach (var (name, unfinished, limit) in state.JobsById.Values
            .Select(static job => (job.Spec, Unfinished: job.Tasks.Count(static task => task.End is null)))
            .SelectMany(job => new[]
            {
                ("the farm", job.Unfinished, options.MaxUnfinishedTasks),
                ($"user {job.Spec.Submitter.Split('@')[0]}", job.Unfinished, options.MaxUnfinishedTasksPerUser),
                ($"instance {job.Spec.Instance}", job.Unfinished, options.MaxUnfinishedTasksPerInstance),
            })
            .GroupBy(static count => count.Item1, static count => (count.Unfinished, count.Item3))
            .Select(static group => (group.Key, group.Sum(static count => count.Unfinished), group.First().Item2)))
        {
            Must.Hold(limit == 0 || unfinished <= limit, $"{name} has {unfinished} unfinished tasks of {limit}");
        }
    }
}
