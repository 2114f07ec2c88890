using System.Collections.Immutable;

namespace BuildFarm.Scheduling.Events;

/// <summary>How a worker has done lately.</summary>
public sealed record RestoredConduct
{
    /// <summary>Grows with each success and each new process.</summary>
    public long Era { get; init; }

    /// <summary>Executions that it failed in a row.</summary>
    public ImmutableArray<ExecutionId> Failed { get; init; } = [];

    /// <summary>What the last of them said.</summary>
    public string LastFailure { get; init; } = "";

    /// <summary>One failure sends it back.</summary>
    public bool OnProbation { get; init; }

    /// <summary>Quarantines without a success between them.</summary>
    public int Times { get; init; }

    /// <summary>Why it is in quarantine; null when it is not.</summary>
    public string? Reason { get; init; }

    /// <summary>Since when.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>For how long.</summary>
    public TimeSpan Term { get; init; }
}
