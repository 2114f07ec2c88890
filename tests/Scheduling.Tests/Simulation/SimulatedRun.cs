namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>What an attempt is going to do on a worker.</summary>
/// <param name="Seconds">How long it takes on a worker that is not slow.</param>
/// <param name="Outcome">How it ends.</param>
internal sealed record SimulatedRun(double Seconds, Outcome Outcome = Outcome.Success)
{
    public int ExitCode { get; init; } = Outcome == Outcome.Failure ? 1 : 0;

    /// <summary>It stands still, and does not end when it is told to.</summary>
    public bool Stuck { get; init; }

    /// <summary>Instead of ending it takes its worker with it.</summary>
    public bool KillsWorker { get; init; }
}
