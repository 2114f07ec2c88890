using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling;

/// <summary>Workers that are out of service, and what they are watched for.</summary>
public sealed partial class SchedulerState
{
    private void Evict(WorkerEvicted evicted)
    {
        var worker = WorkerOf(evicted.Worker, evicted);
        foreach (var holding in worker.Holdings)
        {
            Expect(holding.State != HoldingState.Live, evicted, $"it holds {holding.Lease}");
            Unwatch(holding);
        }

        worker.Evicted = evicted.Reason;
        // What it is told has changed, whether or not an assignment has.
        worker.Revision++;
        ClearReservation(worker);
    }

    private void Readmit(WorkerReadmitted readmitted)
    {
        var worker = WorkerOf(readmitted.Worker, readmitted);
        Expect(worker.Evicted.Length > 0, readmitted, "it is not evicted");
        worker.Evicted = "";
        worker.Revision++;
    }

    private void Watch(HoldingWatched watched)
    {
        var holding = WorkerOf(watched.Worker, watched).Find(watched.Lease) ?? throw Unfit(watched, "the worker does not hold it");
        holding.Progress = watched.Progress;
        if (watched.At is { } at)
        {
            holding.Watch ??= new Deadline(holding);
            Deadlines.Set(holding.Watch, at);
        }
        else
        {
            Unwatch(holding);
        }
    }

    private void Unwatch(Holding holding)
    {
        if (holding.Watch is { } watch)
        {
            Deadlines.Clear(watch);
        }
    }
}
