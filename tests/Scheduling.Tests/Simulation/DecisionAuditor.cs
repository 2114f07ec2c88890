using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;
using Xunit;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>What must be true of each decision, said again in the plainest words and without the scheduler's own help.</summary>
internal sealed class DecisionAuditor(SchedulerOptions options)
{
    private readonly Dictionary<WorkerId, TimeSpan> _heard = [];
    private readonly Dictionary<ExecutionId, WorkerId> _kept = [];
    private readonly Dictionary<ExecutionId, Resources> _charges = [];
    private readonly HashSet<ExecutionId> _enlarged = [];
    private TimeSpan? _last;

    /// <summary>Right after an event was applied.</summary>
    public void Check(SchedulerState state, Event change)
    {
        if (change is WorkerReserved reserved)
        {
            _kept[reserved.Execution] = reserved.Worker;
        }

        if (change is NamesTaken taken)
        {
            var younger = state.Executions[taken.Execution];
            var older = state.Executions.Values.FirstOrDefault(other =>
                other.Phase == ExecutionPhase.Claiming && other.Id.Value < younger.Id.Value && other.Exclusive.Intersect(younger.Exclusive).Any());
            Assert.True(older is null, $"{younger.Id} took a name before {older?.Id}, which is older");
        }

        if (change is CopyStarted copied)
        {
            CheckCopy(state, copied);
        }

        CheckBlame(state, change);
        CheckMemory(state, change);
        if (change is not AttemptStarted started)
        {
            return;
        }

        var worker = state.WorkersById[started.Worker];
        Assert.True(TakesWork(worker), $"{started.Lease} was given to {worker.Id}, which takes no work");
        if (started.Overtook is { } overtaken)
        {
            var waiting = state.Executions[overtaken];
            Assert.True(
                waiting.Overtaken <= options.OvertakenLimit || waiting.ReservedOn is not null,
                $"{waiting.Id} was overtaken {waiting.Overtaken} times, and no worker is kept free for it");
        }

        var execution = state.Executions[started.Lease.Execution];
        var beside = worker.Holdings.Where(h => h.IsCharged && h.Lease != started.Lease).ToList();
        Assert.True(execution.Avoid is not { Alone: true } || beside.Count == 0, $"{started.Lease} must run alone, and runs beside {beside.FirstOrDefault()?.Lease}");
        Assert.True(!beside.Exists(static h => h.Alone), $"{started.Lease} runs beside {beside.Find(static h => h.Alone)?.Lease}, which must run alone");
        // One that a worker was kept free for, when there was no other, goes there.
        var kept = _kept.Remove(execution.Id, out var keptOn) && keptOn == worker.Id;
        if (!kept && execution.Avoid?.Contains(worker.Id) == true)
        {
            var better = state.WorkersById.Values.FirstOrDefault(other =>
                TakesWork(other)
                && !execution.Avoid.Contains(other.Id)
                && execution.Shape.Pools.Any(p => p.Pool == other.Pool && p.Charge.FitsIn(other.Offer.Capacity)));
            Assert.True(better is null, $"{started.Lease} went back to {worker.Id}, where it was lost, though there is {better?.Id}");
        }
    }

    /// <summary>What runs twice may, takes long, and takes nothing from what waits.</summary>
    private void CheckCopy(SchedulerState state, CopyStarted copied)
    {
        var execution = state.Executions[copied.Lease.Execution];
        var worker = state.WorkersById[copied.Worker];
        Assert.True(TakesWork(worker), $"{copied.Lease} was given to {worker.Id}, which takes no work");
        Assert.True(execution.Cacheable, $"{execution.Id} runs twice, and nobody said that it may");
        Assert.True(execution.Live!.Worker.Id != copied.Worker, $"{execution.Id} runs twice on {worker.Id}");
        Assert.False(execution.Avoid?.Contains(worker.Id) == true, $"{copied.Lease} went back to {worker.Id}, where it was lost");
        var ran = copied.At - execution.Live.StartedAt!.Value;
        Assert.True(
            ran >= options.CopyMinimum && ran.Ticks >= (long)(execution.ExpectedTicks * options.CopyFactor) && options.CopyFactor > 0,
            $"{copied.Lease} was started after {ran}, and {new TimeSpan(execution.ExpectedTicks)} were expected");
        var waiting = state.Executions.Values.FirstOrDefault(other =>
            other.Phase == ExecutionPhase.Queued && other.Shape.Pools.Any(p => p.Pool == worker.Pool));
        Assert.True(waiting is null, $"{copied.Lease} takes room on {worker.Id} while {waiting?.Id} waits");
        var copies = state.Executions.Values.Where(other => other.Copy?.Worker.Pool == worker.Pool).ToList();
        var all = state.WorkersById.Values.Where(other => !other.Lost && other.Pool == worker.Pool).Sum(other => other.Offer.Capacity.CpuMillis);
        Assert.True(
            copies.Count == 1 || copies.Sum(other => other.Copy!.Charge.CpuMillis) * 100 <= all * options.CopyPercent,
            $"{copies.Count} second attempts hold more than {options.CopyPercent} % of {all}");
    }

    /// <summary>After a command.</summary>
    public void Check(SchedulerState state, Command command, List<Event> events, TimeSpan now, TimeSpan? next)
    {
        var away = _last is { } last ? now - last : TimeSpan.Zero;
        _last = now;
        Assert.True(
            away <= options.PauseThreshold || command is Resume || !events.Exists(static e => e is WorkerExpired),
            $"a worker was lost because the coordinator was away for {away}");
        Assert.True(next is null || next > now, $"{command.GetType().Name} left a deadline of {next} behind");
        foreach (var expired in events.OfType<WorkerExpired>())
        {
            var silence = now - _heard[expired.Worker];
            Assert.True(silence >= options.UnlinkGrace, $"{expired.Worker} was heard {silence} ago and is lost");
        }

        CheckDeadlines(state, now);
        CheckLimits(state);
        CheckLeases(state, command, away > options.PauseThreshold || command is Resume, now);
        if (command is CancelJob cancel)
        {
            Assert.True(state.FindJob(cancel.Job) is null, $"job {cancel.Job} goes on though it was cancelled");
        }
    }

    private static void CheckDeadlines(SchedulerState state, TimeSpan now)
    {
        foreach (var job in state.JobsById.Values)
        {
            var age = DateTimeOffset.UnixEpoch + now - job.At;
            Assert.True(job.Spec.Deadline == TimeSpan.Zero || age < job.Spec.Deadline, $"job {job.Id} goes on {age} after its submit");
            for (var i = 0; i < job.Tasks.Length; i++)
            {
                var deadline = job.Spec.Tasks[i].Deadline;
                Assert.True(
                    job.Tasks[i].End is not null || deadline == TimeSpan.Zero || age < deadline,
                    $"task {job.Id}/{i} goes on {age} after its submit");
            }
        }
    }

    private void CheckLeases(SchedulerState state, Command command, bool renewsAll, TimeSpan now)
    {
        if (command is WorkerLinked linked)
        {
            _heard[linked.Worker] = now;
        }
        else if (command is WorkerReported reported && state.WorkersById.GetValueOrDefault(reported.Worker)?.Incarnation == reported.Incarnation)
        {
            _heard[reported.Worker] = now;
            CheckReport(state.WorkersById[reported.Worker], reported);
        }

        foreach (var worker in state.WorkersById.Values.Where(static w => !w.Lost))
        {
            if (renewsAll)
            {
                _heard[worker.Id] = now;
            }

            var silence = now - _heard[worker.Id];
            Assert.True(silence <= options.LeaseDuration, $"{worker.Id} was not heard for {silence} and is not lost");
        }
    }

    private static void CheckReport(WorkerEntry worker, WorkerReported reported)
    {
        Assert.True(worker is { Linked: true, Lost: false }, $"{worker.Id} speaks and is answered, and gets nothing to do");
        foreach (var holding in worker.Holdings.Where(h => h.State == HoldingState.Live && h.Since <= reported.AppliedRevision))
        {
            Assert.True(
                reported.AppliedRevision > worker.Revision || reported.Attempts.Any(a => a.Lease == holding.Lease),
                $"{worker.Id} heard of {holding.Lease} and does not have it, and it is still live");
        }
    }

    /// <summary>What a loss or a quarantine is put down to.</summary>
    private static void CheckBlame(SchedulerState state, Event change)
    {
        if (change is AttemptRequeued { Cause: RequeueCause.WorkerLost or RequeueCause.Evicted } lost)
        {
            var worker = state.WorkersById.Values.Single(w => w.Find(lost.Lease) is not null);
            Assert.True(
                (lost.Cause == RequeueCause.Evicted) == (worker.DrainsByItself || worker.DrainedByOperator),
                $"{lost.Lease} ended as {lost.Cause} on {worker.Id}, which drains: {worker.DrainsByItself || worker.DrainedByOperator}");
        }

        if (change is WorkerQuarantined quarantined)
        {
            var pool = state.WorkersById.Values.Where(w => w.Linked && !w.Lost && w.Pool == state.WorkersById[quarantined.Worker].Pool).ToList();
            Assert.True(
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
                _charges[started.Lease.Execution] = started.Charge;
                break;
            case AttemptRequeued { Cause: RequeueCause.OutOfMemory } requeued:
                _enlarged.Add(requeued.Lease.Execution);
                break;
            case ExecutionFinished { Outcome: Outcome.OutOfMemory } finished:
                var charge = _charges[finished.Execution];
                var more = charge with { MemoryBytes = charge.MemoryBytes + 1 };
                Assert.True(
                    _enlarged.Contains(finished.Execution) || !state.PoolsByName.Values.All(p => p.Workers.Any(w => more.FitsIn(w.Offer.Capacity))),
                    $"{finished.Execution} ran out of memory and was not tried with more");
                break;
        }
    }

    private void CheckLimits(SchedulerState state)
    {
        foreach (var (name, unfinished, limit) in state.JobsById.Values
            .Select(static job => (job.Spec, Unfinished: job.Tasks.Count(static task => task.End is null)))
            .SelectMany(job => new[]
            {
                ("the farm", job.Unfinished, options.MaxUnfinishedTasks),
                (job.Spec.Submitter.Split('@')[0], job.Unfinished, options.MaxUnfinishedTasksPerUser),
                (job.Spec.Instance, job.Unfinished, options.MaxUnfinishedTasksPerInstance),
            })
            .GroupBy(static count => count.Item1, static count => (count.Unfinished, count.Item3))
            .Select(static group => (group.Key, group.Sum(static count => count.Unfinished), group.First().Item2)))
        {
            Assert.True(unfinished <= limit, $"{name} has {unfinished} unfinished tasks of {limit}");
        }
    }

    private static bool TakesWork(WorkerEntry worker) =>
        worker.Conduct.Reason is null && worker is { Linked: true, Lost: false, DrainsByItself: false, DrainedByOperator: false, Pool.Declared: true };
}
