namespace BuildFarm.Scheduling;

/// <summary>One attempt in a worker's report.</summary>
/// <param name="Lease">As assigned.</param>
/// <param name="Phase">Where it is.</param>
/// <param name="Completion">Set when the phase is Completed; ignored otherwise.</param>
/// <param name="Progress">Grows while the worker gets on with it; 0 from a worker that does not tell, which is then not watched.</param>
public sealed record AttemptReport(Lease Lease, AttemptPhase Phase, CompletionReport? Completion = null, long Progress = 0);
