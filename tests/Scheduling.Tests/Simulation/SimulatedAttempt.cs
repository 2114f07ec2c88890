namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>An attempt as it really is on a worker.</summary>
internal sealed class SimulatedAttempt(Assignment assignment)
{
    public Assignment Assignment { get; } = assignment;

    public CompletionReport? Completion { get; set; }

    /// <summary>Told to end, and not gone yet: it still uses what it holds.</summary>
    public bool Dying { get; set; }

    public override string ToString() => $"{Assignment.Lease}{(Dying ? " dying" : "")}{(Completion is null ? "" : " completed")}";

    public AttemptReport Report => new(
        Assignment.Lease, Completion is null ? AttemptPhase.Running : AttemptPhase.Completed, Completion);
}
