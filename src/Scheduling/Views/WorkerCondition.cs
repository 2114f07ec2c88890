namespace BuildFarm.Scheduling;

/// <summary>How a worker is.</summary>
public enum WorkerCondition : byte
{
    /// <summary>Linked, takes attempts.</summary>
    Ready = 1,

    /// <summary>Linked, finishes what it has.</summary>
    Draining = 2,

    /// <summary>Its stream broke; it may return within the grace.</summary>
    Unlinked = 3,

    /// <summary>Its lease ran out; its attempts are queued again.</summary>
    Lost = 4,

    /// <summary>Linked, and in quarantine: it finishes what it has.</summary>
    Quarantined = 5,
    /// <summary>Heard, and out of service until it has ended what it was told to end.</summary>
    Evicted = 6,
}
