using BuildFarm.Scheduling;
using Grpc.Core;

namespace BuildFarm.Coordinator.Workers;

/// <summary>The open streams, one for each worker: a newer one of the same worker ends the older.</summary>
public sealed class LinkRegistry
{
    private readonly Lock _gate = new();
    private readonly Dictionary<WorkerId, LinkSession> _sessions = [];

    /// <summary>Gives a desired state to the stream of the worker's incarnation, if it is still open.</summary>
    public void Publish(DesiredState desired)
    {
        ArgumentNullException.ThrowIfNull(desired);
        if (Find(desired.Worker) is { } session && string.Equals(session.Incarnation, desired.Incarnation, StringComparison.Ordinal))
        {
            session.Mailbox.Put(desired);
        }
    }

    /// <summary>Sends a worker its desired state once more; nothing when it is not linked.</summary>
    public void Repeat(WorkerId worker) => Find(worker)?.Mailbox.Repeat();

    internal void Open(LinkSession session)
    {
        LinkSession? older;
        lock (_gate)
        {
            older = _sessions.GetValueOrDefault(session.Worker);
            _sessions[session.Worker] = session;
        }

        older?.End(new Status(StatusCode.Aborted, $"worker {session.Worker} has opened a newer stream"));
    }

    /// <summary>True when this stream was the worker's newest: the worker is then unlinked.</summary>
    internal bool Close(LinkSession session)
    {
        lock (_gate)
        {
            return _sessions.TryGetValue(session.Worker, out var newest) && newest == session && _sessions.Remove(session.Worker);
        }
    }

    private LinkSession? Find(WorkerId worker)
    {
        lock (_gate)
        {
            return _sessions.GetValueOrDefault(worker);
        }
    }
}
