namespace BuildFarm.Scheduling;

/// <summary>One attempt in a worker's report.</summary>
/// <param name="Lease">As assigned.</param>
/// <param name="Phase">Where it is.</param>
/// <param name="Completion">Set when the phase is Completed; ignored otherwise.</param>
public sealed record AttemptReport(Lease Lease, AttemptPhase Phase, CompletionReport? Completion = null);
