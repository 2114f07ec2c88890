using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling;

public sealed partial class SchedulerState
{
    private void Declare(PoolsDeclared declared)
    {
        foreach (var pool in PoolsByName.Values)
        {
            pool.Declared = false;
        }

        foreach (var spec in declared.Pools)
        {
            if (PoolsByName.TryGetValue(spec.Name, out var pool))
            {
                pool.Spec = spec;
                pool.Declared = true;
            }
            else
            {
                PoolsByName.Add(spec.Name, new PoolEntry(spec));
            }
        }

        foreach (var worker in WorkersById.Values)
        {
            ClearReservation(worker);
        }

        foreach (var shape in Shapes.Values)
        {
            shape.Match(PoolsByName.Values);
        }

        foreach (var pool in PoolsByName.Values)
        {
            DropIfUnused(pool);
        }
    }

    private void DropIfUnused(PoolEntry pool)
    {
        // A lost worker may remember a pool that is gone, and another of that name may be there since.
        if (!pool.Declared && pool.Workers.Count == 0 && ReferenceEquals(PoolsByName.GetValueOrDefault(pool.Spec.Name), pool))
        {
            PoolsByName.Remove(pool.Spec.Name);
        }
    }

    private void Join(WorkerJoined joined)
    {
        if (!PoolsByName.TryGetValue(joined.Offer.Pool, out var pool))
        {
            throw Unfit(joined, $"there is no pool {joined.Offer.Pool}");
        }

        Counters = Counters with { WorkersLinked = Counters.WorkersLinked + 1 };
        if (WorkersById.TryGetValue(joined.Worker, out var worker))
        {
            foreach (var holding in worker.Holdings)
            {
                Expect(holding.State != HoldingState.Live, joined, $"the incarnation before holds {holding.Lease}");
                FreeNames(holding);
            }

            LeavePool(worker);
            worker.Holdings.ForEach(Unwatch);
            worker.Holdings.Clear();
            worker.InUse = Resources.None;
            worker.Isolated = null;
            worker.Conduct.BeginEra();
            worker.Incarnation = joined.Incarnation;
            worker.Offer = joined.Offer;
            worker.Pool = pool;
            worker.Lost = false;
            worker.DrainsByItself = false;
            worker.Evicted = "";
            worker.Disconnects += worker.Linked ? 1 : 0;
            worker.Revision++;
            ClearReservation(worker);
        }
        else
        {
            worker = new WorkerEntry(joined.Worker, joined.Incarnation, joined.Offer, pool) { Revision = RevisionFloor };
            WorkersById.Add(worker.Id, worker);
        }

        worker.Linked = true;
        worker.LinkedAt = joined.At;
        worker.HeardAt = joined.At;
        pool.Add(worker);
    }

    private void Return(WorkerReturned returned)
    {
        var worker = WorkerOf(returned.Worker, returned);
        Counters = Counters with { WorkersLinked = Counters.WorkersLinked + 1 };
        worker.Linked = true;
        if (worker.Lost)
        {
            worker.Lost = false;
            worker.Pool = PoolsByName.TryGetValue(worker.Offer.Pool, out var pool) ? pool : throw Unfit(returned, "its pool is gone");
            worker.Pool.Add(worker);
        }
    }

    private void Disconnect(WorkerDisconnected disconnected)
    {
        var worker = WorkerOf(disconnected.Worker, disconnected);
        Counters = Counters with { WorkersUnlinked = Counters.WorkersUnlinked + 1 };
        worker.Linked = false;
        worker.Disconnects++;
        ClearReservation(worker);
    }

    private void Expire(WorkerExpired expired)
    {
        var worker = WorkerOf(expired.Worker, expired);
        foreach (var holding in worker.Holdings)
        {
            Expect(holding.State != HoldingState.Live, expired, $"it holds {holding.Lease}");
        }

        Counters = Counters with { WorkersLost = Counters.WorkersLost + 1 };
        worker.Lost = true;
        ClearReservation(worker);
        LeavePool(worker);
    }

    private void Forget(WorkerForgotten forgotten)
    {
        var worker = WorkerOf(forgotten.Worker, forgotten);
        Expect(worker.Lost, forgotten, "it is not lost");
        Deadlines.Clear(worker.Deadline);
        Deadlines.Clear(worker.Conduct.Alarm);
        worker.Holdings.ForEach(Unwatch);
        RevisionFloor = Math.Max(RevisionFloor, worker.Revision);
        worker.Holdings.ForEach(FreeNames);
        WorkersById.Remove(worker.Id);
    }

    private void Drain(WorkerDrainChanged drain)
    {
        var worker = WorkerOf(drain.Worker, drain);
        worker.DrainsByItself = drain.ByItself;
        worker.DrainedByOperator = drain.ByOperator;
        if (worker.IsDraining)
        {
            ClearReservation(worker);
        }
    }

    private void Drop(HoldingDropped dropped)
    {
        var worker = WorkerOf(dropped.Worker, dropped);
        var holding = worker.Find(dropped.Lease) ?? throw Unfit(dropped, "the worker does not hold it");
        Expect(holding.State != HoldingState.Live, dropped, "the lease is live");
        worker.Holdings.Remove(holding);
        Unwatch(holding);
        if (holding.IsCharged)
        {
            GiveBack(holding);
        }
    }

    private void Reserve(WorkerReserved reserved)
    {
        var worker = WorkerOf(reserved.Worker, reserved);
        var execution = ExecutionOf(reserved.Execution, reserved);
        Expect(worker.ReservedFor is null && execution.ReservedOn is null, reserved, "one of them is reserved already");
        worker.ReservedFor = execution;
        execution.ReservedOn = worker;
    }

    private void SetDeadline(WorkerDeadlineSet set)
    {
        var worker = WorkerOf(set.Worker, set);
        worker.HeardAt = set.HeardAt ?? worker.HeardAt;
        worker.HeardHere |= set.HeardAt is not null;
        Deadlines.Set(worker.Deadline, set.Deadline);
    }

    private void Refuse(CompletionRefused refused)
    {
        Counters = Counters with { CompletionsRefused = Counters.CompletionsRefused + 1 };
        if (WorkersById.TryGetValue(refused.Worker, out var worker) && worker.Find(refused.Lease) is { } holding)
        {
            holding.Refused = true;
        }
    }

    private void LeavePool(WorkerEntry worker)
    {
        worker.Pool.Remove(worker);
        DropIfUnused(worker.Pool);
    }

    private static void ClearReservation(WorkerEntry worker)
    {
        if (worker.ReservedFor is { } execution)
        {
            worker.ReservedFor = null;
            execution.ReservedOn = null;
        }
    }
}
