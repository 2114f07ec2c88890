using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Invariants;

/// <summary>
/// Every execution has waiters, is in exactly the one place its phase says (look-up, one queue, one live lease), and equal cacheable
/// actions are in flight once.
/// </summary>
internal static class ExecutionInvariants
{
    public static void Check(SchedulerState state, List<string> faults)
    {
        var (cacheable, queued) = (0, 0);
        foreach (var execution in state.Executions.Values)
        {
            Check(state, execution, faults);
            cacheable += execution.Cacheable ? 1 : 0;
            queued += execution.Phase == ExecutionPhase.Queued ? 1 : 0;
        }

        faults.Require(
            cacheable == state.InFlight.Count,
            $"{state.InFlight.Count} actions are in flight for {cacheable} cacheable executions");
        CheckShapes(state, queued, faults);
    }

    private static void Check(SchedulerState state, ExecutionEntry execution, List<string> faults)
    {
        var (waiters, counted) = (0, false);
        foreach (var task in execution.Waiters)
        {
            waiters++;
            faults.Require(
                ReferenceEquals(task.Entry.Execution, execution),
                $"{execution.Id} lists task {task.Id}, which waits for another");
            faults.Require(
                SchedulerState.PriorityOf(task) <= execution.Flow.Level.Priority,
                $"{execution.Id} stands behind the place of task {task.Id}");
            counted |= ReferenceEquals(task.Job, execution.Flow.Job) && SchedulerState.PriorityOf(task) == execution.Flow.Level.Priority;
        }

        faults.Require(
            waiters > 0 && waiters == execution.WaiterCount,
            $"{execution.Id} has {waiters} waiters and counts {execution.WaiterCount}");
        faults.Require(counted, $"{execution.Id} counts with job {execution.Flow.Job.Id}, which does not wait for it");
        faults.Require(
            !execution.Cacheable || (state.InFlight.TryGetValue(execution.Action, out var known) && ReferenceEquals(known, execution)),
            $"{execution.Id} is not the one in flight for its action");
        faults.Require(
            execution.Phase == ExecutionPhase.Queued == execution.Queue is not null
                && execution.HeapIndex >= 0 == execution.Queue is not null,
            $"{execution.Id} is {execution.Phase}, its queue says otherwise");
        faults.Require(
            execution.Phase == ExecutionPhase.Running == execution.Worker is not null,
            $"{execution.Id} is {execution.Phase} on {execution.Worker?.Id}");
        faults.Require(execution.Phase != ExecutionPhase.Gone, $"{execution.Id} is gone and still here");
        faults.Require(
            execution.ReservedOn is not { } kept
                || (execution.Phase == ExecutionPhase.Queued && ReferenceEquals(kept.ReservedFor, execution)),
            $"{execution.Id} has a reservation that its worker does not know");
        Check(execution, execution.Live, faults);
        Check(execution, execution.Copy, faults);
        faults.Require(
            execution.Copy is not { } copy || (execution.Cacheable && execution.Live is { } live && !ReferenceEquals(copy.Worker, live.Worker)),
            $"{execution.Id} has a second attempt on {execution.Copy?.Worker.Id}, and the first on {execution.Worker?.Id}");
        faults.Require(
            execution.Phase != ExecutionPhase.Running || Math.Max(execution.Live!.Lease.Epoch, execution.Copy?.Lease.Epoch ?? 0) <= execution.Epoch,
            $"{execution.Id} is at epoch {execution.Epoch}, and {execution.Live?.Lease} is live");
    }

    private static void Check(ExecutionEntry execution, Holding? attempt, List<string> faults)
    {
        if (attempt is { Worker: var worker })
        {
            var holding = worker.Find(attempt.Lease);
            faults.Require(
                ReferenceEquals(holding, attempt) && holding.State == HoldingState.Live && ReferenceEquals(holding.Execution, execution),
                $"{execution.Id} runs on {worker.Id}, which has no live lease of it");
            faults.Require(!worker.Lost, $"{execution.Id} runs on {worker.Id}, which is lost");
        }
    }

    private static void CheckShapes(SchedulerState state, int queued, List<string> faults)
    {
        var (inQueues, references) = (0, 0);
        foreach (var shape in state.Shapes.Values)
        {
            references += shape.References;
            inQueues += shape.Plain?.Count ?? 0;
            foreach (var queue in shape.Avoiding)
            {
                CheckOrder(queue, faults);
                inQueues += queue.Count;
                faults.Require(queue.Count > 0, $"an empty queue of executions of {shape.Asked} that avoid workers was kept");
            }

            CheckOrder(shape.Plain, faults);
        }

        faults.Require(inQueues == queued, $"{queued} executions are queued, {inQueues} are in queues");
        faults.Require(
            references == state.Executions.Count,
            $"{state.Executions.Count} executions refer to shapes, {references} are counted");
    }

    private static void CheckOrder(Queues.ExecutionQueue? queue, List<string> faults)
    {
        if (queue?.Head is not { } head)
        {
            return;
        }

        var count = 0;
        foreach (var band in queue.Bands)
        {
            foreach (var flow in band.Flows)
            {
                foreach (var other in flow.Items)
                {
                    count++;
                    faults.Require(!other.StandsBefore(head), $"{other.Id} should stand before {head.Id}");
                    faults.Require(
                        ReferenceEquals(other.Place, flow) && ReferenceEquals(other.Flow, flow.Flow),
                        $"{other.Id} stands in another flow than it says");
                }
            }

            faults.Require(band.Aging.IsSet, $"what waits at priority {band.Priority} never grows older");
        }

        faults.Require(count == queue.Count, $"{count} executions stand in a queue that counts {queue.Count}");
    }
}
