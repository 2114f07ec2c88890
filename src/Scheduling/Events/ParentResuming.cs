namespace BuildFarm.Scheduling.Events;

/// <summary>The wait of a parent is decided: it wants back what it lent, before anything else starts on its worker.</summary>
/// <param name="Parent">Of the attempt.</param>
/// <param name="Wait">Which wait.</param>
/// <param name="Answer">What it is told when it has it.</param>
public sealed record ParentResuming(Lease Parent, long Wait, ChildAnswer Answer) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.ParentResuming;
}
