using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>
/// At each start: nothing that could have been placed there stood before what was. The order is counted here again, by a walk over all
/// that waits: priority and age, then children, then fair share between submitters and between their jobs, then the older job, then the
/// longest expected, then the older execution.
/// </summary>
internal sealed class OrderAuditor(SchedulerOptions options)
{
    private readonly FairShareModel _shares = new();
    private readonly AgingModel _ages = new(options);
    private readonly LocalityModel _keys = new();
    private readonly HashSet<ExecutionId> _justQueued = [];
    private Dictionary<WorkerId, ExecutionId> _kept = [];
    private bool _othersGotRoom;

    /// <summary>Starts that were judged, and how many had something else to choose from: a check that never had is worth nothing.</summary>
    public int Choices { get; private set; }

    public void Restarted(SchedulerState state)
    {
        _shares.Adopt(state);
        _ages.Adopt(state);
        _keys.Adopt(state);
        _kept = KeptFree(state);
    }

    /// <summary>Right after an event was applied.</summary>
    public void Check(SchedulerState state, Event change, TimeSpan now)
    {
        if (change is { IsDurable: false } and not AgingSet)
        {
            // Alarms of other things, and there are many.
            return;
        }

        NoteRoom(change);
        if (change is AttemptStarted started)
        {
            Check(new Placed(state, started));
        }

        _shares.Apply(state, change);
        _ages.Apply(state, change, now);
        _keys.Apply(change);
        _kept = KeptFree(state);
    }

    /// <summary>After a command.</summary>
    public void Check(TimeSpan now)
    {
        _ages.Check(now);
        _justQueued.Clear();
        _othersGotRoom = false;
    }

    /// <summary>What a command does that gives no worker more room than it had.</summary>
    private void NoteRoom(Event change)
    {
        if (change is ExecutionQueued queued)
        {
            _justQueued.Add(queued.Execution);
        }

        _othersGotRoom |= change is { IsDurable: true } and not (ExecutionCreated or TaskMerged or ExecutionQueued or BandAged or NamesTaken or AttemptStarted);
    }

    private static Dictionary<WorkerId, ExecutionId> KeptFree(SchedulerState state) => state.WorkersById.Values
        .Where(static worker => worker.ReservedFor is not null)
        .ToDictionary(static worker => worker.Id, static worker => worker.ReservedFor!.Id);

    private void Check(Placed placed)
    {
        if (_kept.TryGetValue(placed.Worker.Id, out var kept))
        {
            Must.Hold(kept == placed.Execution.Id, $"{placed.Lease} was started on {placed.Worker.Id}, which is kept free for {kept}");
            return;
        }

        CheckOrder(placed);
        if (!_othersGotRoom && _justQueued.Contains(placed.Execution.Id))
        {
            CheckPacking(placed);
        }

        if (!_kept.ContainsValue(placed.Execution.Id))
        {
            CheckLocality(placed);
        }
    }

    private void CheckOrder(Placed placed)
    {
        foreach (var other in placed.Queued.Where(other => placed.Fits(other, placed.Worker)))
        {
            Choices++;
            Must.Hold(
                !StandsBefore(other, placed.Execution),
                $"{placed.Lease} was started on {placed.Worker.Id}, and {Describe(other)} stands before {Describe(placed.Execution)}");
        }
    }

    /// <summary>What begins to wait when nothing else that waits fits anywhere goes to the first worker with room, or to one that does as well.</summary>
    private void CheckPacking(Placed placed)
    {
        var first = placed.Pools.SelectMany(static pool => pool.Workers).First(worker =>
            worker == placed.Worker || (worker.IsPlaceable && !_kept.ContainsKey(worker.Id) && placed.Fits(placed.Execution, worker)));
        var (had, firstHad) = (_keys.PlaceOfFirst(placed.Execution.Id, placed.Worker.Id), _keys.PlaceOfFirst(placed.Execution.Id, first.Id));
        Must.Hold(
            first == placed.Worker || (had < firstHad && placed.LeavesAsMuch(placed.Worker, first)),
            $"{placed.Lease} was started on {placed.Worker.Id}, and {first.Id} was the first with room");
    }

    /// <summary>It was started where its inputs were, or no other worker that would have done as well had more of them.</summary>
    private void CheckLocality(Placed placed)
    {
        var mine = _keys.PlaceOfFirst(placed.Execution.Id, placed.Worker.Id);
        var better = placed.Worker.Pool.Workers.FirstOrDefault(other =>
            _keys.PlaceOfFirst(placed.Execution.Id, other.Id) < mine && DoesAsWell(placed, other));
        Must.Hold(better is null, $"{placed.Lease} was started on {placed.Worker.Id}, and {better?.Id} had its inputs and as much room");
    }

    private bool DoesAsWell(Placed placed, WorkerEntry other)
    {
        var (worker, execution) = (placed.Worker, placed.Execution);
        return other is { IsPlaceable: true, ReservedFor: null }
            && placed.Fits(execution, other)
            && placed.LeavesAsMuch(other, worker)
            && FirstOf(placed, one => placed.Fits(one, other)) == execution
            && FirstOf(placed, one => placed.CouldHold(one, other)) is var first
            && (first == execution || first == FirstOf(placed, one => placed.CouldHold(one, worker)));
    }

    private ExecutionEntry? FirstOf(Placed placed, Func<ExecutionEntry, bool> condition)
    {
        ExecutionEntry? first = null;
        foreach (var other in placed.Queued.Append(placed.Execution).Where(condition))
        {
            first = first is null || StandsBefore(other, first) ? other : first;
        }

        return first;
    }

    private bool StandsBefore(ExecutionEntry one, ExecutionEntry other)
    {
        var (left, right) = (PlaceOf(one), PlaceOf(other));
        return left.CompareTo(right) < 0;
    }

    private (int Rank, int Priority, int Child, long Pass, long Job, long Expected, long Id) PlaceOf(ExecutionEntry execution)
    {
        var priority = execution.Flow.Level.Priority;
        return (
            -(priority + _ages.AgeOf(execution)),
            -priority,
            execution.Flow.Job.Spec.Parent is null ? 1 : 0,
            _shares.PassOf(execution),
            execution.Flow.Job.Sequence,
            -_shares.ExpectedOf(execution.Id),
            execution.Id.Value);
    }

    private string Describe(ExecutionEntry execution) => $"{execution.Id} {PlaceOf(execution)}";

    /// <summary>A start, and what was there before it.</summary>
    private sealed class Placed(SchedulerState state, AttemptStarted started)
    {
        public Lease Lease => started.Lease;

        public WorkerEntry Worker { get; } = state.WorkersById[started.Worker];

        public ExecutionEntry Execution { get; } = state.Executions[started.Lease.Execution];

        /// <summary>Everything else that waited.</summary>
        public List<ExecutionEntry> Queued { get; } = [.. state.Executions.Values.Where(static other => other.Phase == ExecutionPhase.Queued)];

        /// <summary>Those that it could run in, in the order that they are tried.</summary>
        public IEnumerable<PoolEntry> Pools => state.PoolsByName.Values
            .Where(pool => pool.Declared && pool.Spec.Platform.Satisfies(Execution.Shape.Platform))
            .OrderBy(static pool => pool.Spec.Name, StringComparer.Ordinal);

        /// <summary>Whether what is left for a big one is no less when one worker is taken instead of another.</summary>
        public bool LeavesAsMuch(WorkerEntry taken, WorkerEntry instead) =>
            taken.Pool == instead.Pool
            && taken.Offer.Capacity.FitsIn(instead.Offer.Capacity)
            && RoomOn(taken, children: true).FitsIn(RoomOn(instead, children: true))
            && RoomOn(taken, children: false).FitsIn(RoomOn(instead, children: false))
            && (IsEmpty(instead) || !IsEmpty(taken));

        public Resources RoomOn(WorkerEntry worker, bool children) =>
            worker == Worker ? worker.FreeFor(children) + started.Charge : worker.FreeFor(children);

        public bool IsEmpty(WorkerEntry worker) => !worker.Holdings.Exists(holding => holding.IsCharged && holding.Lease != started.Lease);

        /// <summary>Whether a worker has room for it now.</summary>
        public bool Fits(ExecutionEntry other, WorkerEntry worker) =>
            CouldHold(other, worker)
            && Shape.ChargeIn(worker.Pool.Spec, other.Shape.Asked).FitsIn(RoomOn(worker, other.Shape.OfChildren))
            && (!other.Alone || IsEmpty(worker));

        /// <summary>Whether a worker would have room for it if it were empty.</summary>
        public bool CouldHold(ExecutionEntry other, WorkerEntry worker) =>
            RunsIn(other, worker) && (other.Avoid?.Contains(worker.Id) != true || !state.WorkersById.Values.Any(better =>
                better.TakesWork && !other.Avoid.Contains(better.Id) && RunsIn(other, better)));

        private static bool RunsIn(ExecutionEntry other, WorkerEntry worker) =>
            worker.Pool.Declared
            && worker.Pool.Spec.Platform.Satisfies(other.Shape.Platform)
            && Shape.ChargeIn(worker.Pool.Spec, other.Shape.Asked).FitsIn(worker.Offer.Capacity);
    }
}
