namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>One stream of the worker link. Either end may believe it open while the other does not.</summary>
internal sealed class SimulatedStream(SimulatedWorker worker, int incarnation)
{
    public SimulatedWorker Worker { get; } = worker;

    public int Incarnation { get; } = incarnation;

    public bool Broken { get; set; }

    /// <summary>When the worker sent the newest message that has come.</summary>
    public TimeSpan NewestClock { get; private set; }

    public void Heard(TimeSpan clock) => NewestClock = clock > NewestClock ? clock : NewestClock;
}
