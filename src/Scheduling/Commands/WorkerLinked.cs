namespace BuildFarm.Scheduling.Commands;

/// <summary>
/// A worker opened a stream. A new incarnation takes the place of the old one, whose attempts are lost at once. Answered by
/// WorkerAccepted or WorkerRefused.
/// </summary>
/// <param name="Worker">Which.</param>
/// <param name="Incarnation">Of its process.</param>
/// <param name="Offer">What it is.</param>
public sealed record WorkerLinked(WorkerId Worker, string Incarnation, WorkerOffer Offer) : Command
{
    /// <summary>Its first message lists attempts that run. A state that does not know it does not know them.</summary>
    public bool HasAttempts { get; init; }
}
