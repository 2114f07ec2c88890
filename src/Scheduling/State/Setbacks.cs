using BuildFarm.Scheduling.Events;

namespace BuildFarm.Scheduling.State;

/// <summary>What went wrong with an execution so far, beyond what is counted in it. Most have none.</summary>
internal sealed class Setbacks
{
    private readonly List<WorkerId> _lostWorkers = [];
    private readonly List<RestoredFailure> _failures = [];

    /// <summary>Workers that were lost while they ran it, each once, in the order of their loss.</summary>
    public IReadOnlyList<WorkerId> LostWorkers => _lostWorkers;

    /// <summary>Where it failed by itself.</summary>
    public IReadOnlyList<RestoredFailure> Failures => _failures;

    /// <summary>What it had when it ran out of memory for the first time, in bytes; 0 when it never did.</summary>
    public long MemoryBefore { get; set; }

    public void Lost(WorkerId worker)
    {
        if (!_lostWorkers.Contains(worker))
        {
            _lostWorkers.Add(worker);
        }
    }

    public void Failed(WorkerId worker, long era) => _failures.Add(new RestoredFailure(worker, era));
}
