using System.Collections.Concurrent;
using BuildFarm.V1;

namespace BuildFarm.Coordinator.Workers;

/// <summary>
/// What workers said of themselves that the scheduler has no use for (host, runtime, versions): for operators only. Holds
/// the newest of each worker that has linked to this process.
/// </summary>
public sealed class WorkerFacts
{
    private readonly ConcurrentDictionary<string, WorkerOffer> _offers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _drainReasons = new(StringComparer.Ordinal);

    /// <summary>Keeps the offer of a first message.</summary>
    public void Remember(WorkerState first)
    {
        ArgumentNullException.ThrowIfNull(first);
        _offers[first.WorkerId] = first.Offer;
    }

    /// <summary>Keeps why a worker takes nothing for a while, as its newest message has it; empty when it does.</summary>
    public void RememberDrain(WorkerState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.DrainReason.Length > 0)
        {
            _drainReasons[state.WorkerId] = state.DrainReason;
        }
        else
        {
            _drainReasons.TryRemove(state.WorkerId, out _);
        }
    }

    /// <summary>Why a worker takes nothing for a while; empty when it has not said so.</summary>
    public string DrainReason(string workerId) => _drainReasons.GetValueOrDefault(workerId, "");

    /// <summary>The newest offer; null when the worker has not linked to this process.</summary>
    public WorkerOffer? Find(string workerId) => _offers.GetValueOrDefault(workerId);

    /// <summary>Forgets all workers but these.</summary>
    public void KeepOnly(IReadOnlySet<string> workerIds)
    {
        ArgumentNullException.ThrowIfNull(workerIds);
        foreach (var id in _offers.Keys.Where(id => !workerIds.Contains(id)))
        {
            _offers.TryRemove(id, out _);
            _drainReasons.TryRemove(id, out _);
        }
    }
}
