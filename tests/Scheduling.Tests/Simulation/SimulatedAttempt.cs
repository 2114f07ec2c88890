namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>An attempt as it really is on a worker.</summary>
internal sealed class SimulatedAttempt(Assignment assignment, SimulatedRun run)
{
    public Assignment Assignment { get; } = assignment;

    public SimulatedRun Run { get; } = run;

    /// <summary>Null when it has no child.</summary>
    public SimulatedParent? Parent { get; init; }

    /// <summary>The worker ended it by its own clock and runs it again: what its first run lent may still be in use.</summary>
    public bool IsSecondRun { get; init; }

    /// <summary>What it really uses: what stands still in a wait uses nothing.</summary>
    public Resources Uses => IsSecondRun ? Assignment.Resources with { CpuMillis = 0 }
        : Parent is null ? Assignment.Resources : Assignment.Resources with { CpuMillis = Parent.CpuInUse };

    public CompletionReport? Completion { get; set; }

    /// <summary>Told to end, and not gone yet: it still uses what it holds.</summary>
    public bool Dying { get; set; }

    /// <summary>It stands still and does not end.</summary>
    public bool Stuck { get; set; } = run.Stuck;

    public long Progress { get; set; } = 1;

    public override string ToString() => $"{Assignment.Lease}{(Dying ? " dying" : "")}{(Stuck ? " stuck" : "")}{(Completion is null ? "" : " completed")}";

    public AttemptReport Report(bool withProgress) => new(
        Assignment.Lease, Completion is null ? AttemptPhase.Running : AttemptPhase.Completed, Completion, withProgress ? Progress : 0);
}
