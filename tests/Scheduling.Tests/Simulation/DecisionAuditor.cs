using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>What must be true of each decision, said again in the plainest words and without the scheduler's own help.</summary>
internal sealed partial class DecisionAuditor(SchedulerOptions options)
{
    private readonly Dictionary<WorkerId, TimeSpan> _heard = [];
    private readonly Dictionary<ExecutionId, WorkerId> _kept = [];
    private readonly Dictionary<Lease, WorkerId> _leases = [];
    private readonly Dictionary<Lease, SchedulerTime> _startedAt = [];
    private readonly Dictionary<ExecutionId, (Platform Platform, Resources Charge)> _charges = [];
    private readonly HashSet<ExecutionId> _enlarged = [];
    private readonly DeadlineAuditor _deadlines = new();
    private readonly EvictionAuditor _evictions = new(options);
    private readonly OrderAuditor _order = new(options);
    private readonly StreamAuditor _streams = new();
    private readonly HashSet<WorkerId> _lost = [];
    private TimeSpan? _last;

    /// <summary>A coordinator has come back with this state.</summary>
    public void Restarted(SchedulerState state)
    {
        _order.Restarted(state);
        _streams.Restarted(state);
        _lost.Clear();
        _lost.UnionWith(state.WorkersById.Values.Where(static worker => worker.Lost).Select(static worker => worker.Id));
        _leases.Clear();
        _startedAt.Clear();
        foreach (var holding in state.WorkersById.Values.SelectMany(static w => w.Holdings).Where(static h => h.State == HoldingState.Live))
        {
            _leases[holding.Lease] = holding.Worker.Id;
        }
    }

    /// <summary>Right after an event was applied.</summary>
    public void Check(SchedulerState state, Command command, Event change, SchedulerTime now)
    {
        _order.Check(state, change, now.Monotonic);
        _streams.Apply(command, change);
        CheckBlame(state, change);
        CheckMemory(state, change);
        switch (change)
        {
            case NamesTaken taken:
                CheckNames(state, taken);
                break;
            case WorkerReserved reserved:
                _kept[reserved.Execution] = reserved.Worker;
                break;
            case JobBegan began:
                _deadlines.Began(began.Job, now);
                CheckChild(state, began);
                break;
            case WorkerEvicted evicted:
                _evictions.Check(evicted, command, now.Monotonic);
                break;
            case AttemptRequeued { Cause: RequeueCause.Infrastructure or RequeueCause.InputsMissing or RequeueCause.OutOfMemory or RequeueCause.Released or RequeueCause.TaskRetry } requeued:
                CheckWasReported(command, requeued.Lease);
                break;
            case CopyEnded { Cause: RequeueCause.Infrastructure or RequeueCause.InputsMissing or RequeueCause.OneOfTwo or RequeueCause.Released or RequeueCause.TaskRetry } ended:
                CheckWasReported(command, ended.Lease);
                break;
            case ExecutionFinished { Origin: ResultOrigin.Executed } finished:
                var report = CheckWasReported(command, new Lease(finished.Execution, finished.Epoch));
                Must.Hold(
                    report.Outcome == finished.Outcome && report.Result == finished.Result && report.ExitCode == finished.ExitCode,
                    $"{finished.Execution} finished as {finished.Outcome} {finished.Result}, and {report} was reported");
                break;
            case AttemptStarted started:
                _leases[started.Lease] = started.Worker;
                _startedAt[started.Lease] = now;
                CheckStart(state, started);
                break;
            case CopyStarted copied:
                _leases[copied.Lease] = copied.Worker;
                _startedAt[copied.Lease] = now;
                CheckCopy(state, copied, now);
                break;
        }
    }

    /// <summary>After a command.</summary>
    public void Check(SchedulerState state, Command command, List<Event> events, SchedulerTime time, TimeSpan? next)
    {
        var now = time.Monotonic;
        var away = _last is { } last ? now - last : TimeSpan.Zero;
        _last = now;
        var startsAgain = away > options.PauseThreshold || command is Resume;
        // One that was forgotten and links with attempts is evicted for those, not for its silence.
        Must.Hold(
            away <= options.PauseThreshold || command is Resume || !events.Exists(e => e is WorkerExpired || (e is WorkerEvicted && command is not WorkerLinked)),
            $"a worker was lost because the coordinator was away for {away}");
        Must.Hold(next is null || next > now, $"{command.GetType().Name} left a deadline of {next} behind");
        foreach (var expired in events.OfType<WorkerExpired>())
        {
            var silence = now - _heard[expired.Worker];
            Must.Hold(silence >= options.UnlinkGrace || silence >= options.LeaseDuration, $"{expired.Worker} was heard {silence} ago and is lost");
        }

        _order.Check(now);
        _streams.Check(state);
        NoteLost(events);
        _deadlines.Check(state, command, time);
        CheckLimits(state);
        CheckLent(state);
        CheckLeases(state, command, events, startsAgain, now);
        _evictions.Check(state, command, events, startsAgain, now);
        if (command is CancelJob cancel)
        {
            Must.Hold(state.FindJob(cancel.Job) is null, $"job {cancel.Job} goes on though it was cancelled");
        }
    }

    private static void CheckChild(SchedulerState state, JobBegan child)
    {
        if (child.Spec.Parent is { } parent)
        {
            var expected = state.Executions[parent.Execution].Flow;
            Must.Hold(
                child.Spec.Priority == expected.Level.Priority && child.Spec.Submitter == expected.Job.Spec.Submitter,
                $"child {child.Job} goes by priority {child.Spec.Priority}, and its parent by {expected.Level.Priority}");
        }
    }

    /// <summary>Who was lost and is not back, or was lost by this very command.</summary>
    private void NoteLost(List<Event> events)
    {
        foreach (var change in events)
        {
            _ = change switch
            {
                WorkerExpired lost => _lost.Add(lost.Worker),
                WorkerJoined joined => _lost.Remove(joined.Worker),
                WorkerReturned back when !events.Exists(e => e is WorkerExpired lost && lost.Worker == back.Worker) => _lost.Remove(back.Worker),
                _ => false,
            };
        }
    }

    /// <summary>What waited behind it starts to age again.</summary>
    private static void CheckAge(ExecutionEntry execution)
    {
        var queue = execution.Avoid is { } avoid ? execution.Shape.Avoiding.FirstOrDefault(other => other.Avoid!.SameAs(avoid)) : execution.Shape.Plain;
        foreach (var band in queue is null ? [] : queue.Bands)
        {
            Must.Hold(band.Priority != execution.Flow.Level.Priority || band.Age == 0, $"priority {band.Priority} is {band.Age} steps old, and has started {execution.Id}");
        }
    }

    private static void CheckNames(SchedulerState state, NamesTaken taken)
    {
        var younger = state.Executions[taken.Execution];
        var older = state.Executions.Values.FirstOrDefault(other =>
            other.Phase == ExecutionPhase.Claiming && other.Id.Value < younger.Id.Value && other.Exclusive.Intersect(younger.Exclusive).Any());
        Must.Hold(older is null, $"{younger.Id} took a name before {older?.Id}, which is older");
    }

    /// <summary>Only a report of the attempt itself, by the worker that has the newest lease, ends it.</summary>
    private CompletionReport CheckWasReported(Command command, Lease lease)
    {
        var worker = _leases[lease];
        var attempt = (command as WorkerReported)?.Attempts.FirstOrDefault(a => a.Lease == lease);
        Must.Hold(
            command is WorkerReported reported && reported.Worker == worker && attempt is { Phase: AttemptPhase.Completed, Completion: not null },
            $"{lease} on {worker} was ended by {command}");
        return attempt!.Completion!;
    }

    private void CheckStart(SchedulerState state, AttemptStarted started)
    {
        var worker = state.WorkersById[started.Worker];
        Must.Hold(TakesWork(worker), $"{started.Lease} was given to {worker.Id}, which takes no work");
        if (started.Overtook is { } overtaken)
        {
            var waiting = state.Executions[overtaken];
            Must.Hold(
                waiting.Overtaken <= options.OvertakenLimit || waiting.ReservedOn is not null,
                $"{waiting.Id} was overtaken {waiting.Overtaken} times, and no worker is kept free for it");
        }

        var execution = state.Executions[started.Lease.Execution];
        Must.Hold(
            execution.Shape.OfChildren || worker.Free.CpuMillis >= worker.LentCpuMillis,
            $"{started.Lease} is nobody's child and uses what parents lend on {worker.Id}");
        Must.Hold(worker.Resuming.Count == 0, $"{started.Lease} starts on {worker.Id}, where a parent wants its CPU back");
        var beside = worker.Holdings.Where(h => h.IsCharged && h.Lease != started.Lease).ToList();
        Must.Hold(execution.Avoid is not { Alone: true } || beside.Count == 0, $"{started.Lease} must run alone, and runs beside {beside.FirstOrDefault()?.Lease}");
        Must.Hold(!beside.Exists(static h => h.Alone), $"{started.Lease} runs beside {beside.Find(static h => h.Alone)?.Lease}, which must run alone");
        Must.Hold(ReferenceEquals(execution.Counted.Flow, execution.Flow), $"{started.Lease} is charged to job {execution.Counted.Flow?.Job.Id}, and counts with {execution.Flow.Job.Id}");
        CheckAge(execution);
        // One that a worker was kept free for, when there was no other, goes there.
        var kept = _kept.Remove(execution.Id, out var keptOn) && keptOn == worker.Id;
        if (!kept && execution.Avoid?.Contains(worker.Id) == true)
        {
            var better = state.WorkersById.Values.FirstOrDefault(other =>
                TakesWork(other)
                && !execution.Avoid.Contains(other.Id)
                && execution.Shape.Pools.Any(p => p.Pool == other.Pool && p.Charge.FitsIn(other.Offer.Capacity)));
            Must.Hold(better is null, $"{started.Lease} went back to {worker.Id}, where it was lost, though there is {better?.Id}");
        }
    }

    /// <summary>What runs twice may, takes long, and takes nothing from what waits.</summary>
    private void CheckCopy(SchedulerState state, CopyStarted copied, SchedulerTime now)
    {
        var execution = state.Executions[copied.Lease.Execution];
        var worker = state.WorkersById[copied.Worker];
        Must.Hold(TakesWork(worker), $"{copied.Lease} was given to {worker.Id}, which takes no work");
        Must.Hold(execution.Cacheable, $"{execution.Id} runs twice, and nobody said that it may");
        Must.Hold(execution.Live!.Worker.Id != copied.Worker, $"{execution.Id} runs twice on {worker.Id}");
        Must.Hold(execution.Avoid?.Contains(worker.Id) != true, $"{copied.Lease} went back to {worker.Id}, where it was lost");
        // Of an attempt that was there before this coordinator only the wall clock knows how long it has run, and that may be set.
        Must.Hold(
            !_startedAt.TryGetValue(execution.Live.Lease, out var started) || IsLate(execution, now.Monotonic - started.Monotonic) || IsLate(execution, now.Wall - started.Wall),
            $"{copied.Lease} was started after {now.Monotonic - started.Monotonic}, and {new TimeSpan(execution.ExpectedTicks)} were expected");
        var waiting = state.Executions.Values.FirstOrDefault(other =>
            other.Phase == ExecutionPhase.Queued && other.Shape.Pools.Any(p => p.Pool == worker.Pool));
        Must.Hold(waiting is null, $"{copied.Lease} takes room on {worker.Id} while {waiting?.Id} waits");
        var copies = state.Executions.Values.Where(other => other.Copy?.Worker.Pool == worker.Pool).ToList();
        var all = state.WorkersById.Values.Where(other => !other.Lost && other.Pool == worker.Pool).Sum(other => other.Offer.Capacity.CpuMillis);
        Must.Hold(
            copies.Count == 1 || copies.Sum(other => other.Copy!.Charge.CpuMillis) * 100 <= all * options.CopyPercent,
            $"{copies.Count} second attempts hold more than {options.CopyPercent} % of {all}");
    }

    private bool IsLate(ExecutionEntry execution, TimeSpan ran) =>
        options.CopyFactor > 0 && ran >= options.CopyMinimum && ran.Ticks >= (long)(execution.ExpectedTicks * options.CopyFactor);

    private void CheckLeases(SchedulerState state, Command command, List<Event> events, bool renewsAll, TimeSpan now)
    {
        // One whose pool is gone is refused.
        if (command is WorkerLinked linked && state.WorkersById.GetValueOrDefault(linked.Worker) is { Pool.Declared: true } accepted && accepted.Incarnation == linked.Incarnation)
        {
            _heard[linked.Worker] = now;
        }
        else if (command is WorkerReported late && _heard.TryGetValue(late.Worker, out var before) && !renewsAll && now - before > options.LeaseDuration)
        {
            var known = state.WorkersById.GetValueOrDefault(late.Worker);
            Must.Hold(known?.Incarnation != late.Incarnation || _lost.Contains(late.Worker) || events.Exists(e => e is WorkerReturned back && back.Worker == late.Worker), $"{late.Worker} spoke {now - before} after it was heard, and was not lost");
        }

        if (command is WorkerReported reported && state.WorkersById.GetValueOrDefault(reported.Worker)?.Incarnation == reported.Incarnation)
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
            Must.Hold(silence <= options.LeaseDuration, $"{worker.Id} was not heard for {silence} and is not lost");
        }
    }

    private static void CheckReport(WorkerEntry worker, WorkerReported reported)
    {
        Must.Hold(
            worker is { Linked: true, Lost: false } || !worker.Pool.Declared,
            $"{worker.Id} speaks and is answered, and gets nothing to do");
        foreach (var holding in worker.Holdings.Where(h => h.State == HoldingState.Live && h.Since <= reported.AppliedRevision))
        {
            Must.Hold(
                reported.AppliedRevision > worker.Revision || reported.Attempts.Any(a => a.Lease == holding.Lease),
                $"{worker.Id} heard of {holding.Lease} and does not have it, and it is still live");
        }
    }

    private static bool TakesWork(WorkerEntry worker) =>
        worker.Conduct.Reason is null && worker is { Linked: true, Lost: false, DrainsByItself: false, DrainedByOperator: false, Evicted.Length: 0, Pool.Declared: true };
}
