using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Events;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>Every stream of a worker that began has ended and is counted, but the one that is open.</summary>
internal sealed class StreamAuditor
{
    private readonly Dictionary<WorkerId, (long Began, bool IsOpen)> _streams = [];

    public void Restarted(SchedulerState state)
    {
        _streams.Clear();
        foreach (var worker in state.WorkersById.Values)
        {
            _streams[worker.Id] = (worker.Disconnects + (worker.Linked ? 1 : 0), worker.Linked);
        }
    }

    public void Apply(Command command, Event change)
    {
        switch (change)
        {
            case WorkerJoined joined:
                _streams[joined.Worker] = (_streams.GetValueOrDefault(joined.Worker).Began + 1, true);
                break;
            case WorkerReturned returned when _streams[returned.Worker] is var (began, isOpen):
                // A report of a stream that is open all the time begins none.
                _streams[returned.Worker] = (began + (command is WorkerLinked || !isOpen ? 1 : 0), true);
                break;
            case WorkerDisconnected gone:
                _streams[gone.Worker] = _streams[gone.Worker] with { IsOpen = false };
                break;
            case WorkerForgotten forgotten:
                _streams.Remove(forgotten.Worker);
                break;
        }
    }

    /// <summary>After a command.</summary>
    public void Check(SchedulerState state)
    {
        foreach (var worker in state.WorkersById.Values)
        {
            var (began, isOpen) = _streams[worker.Id];
            Must.Hold(
                worker.Linked == isOpen && worker.Disconnects == began - (isOpen ? 1 : 0),
                $"{began} streams of {worker.Id} began, and {worker.Disconnects} count as ended");
        }
    }
}
