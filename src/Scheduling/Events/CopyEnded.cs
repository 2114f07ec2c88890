namespace BuildFarm.Scheduling.Events;

/// <summary>One of the two attempts of an execution ended without a result that counts; the other goes on alone.</summary>
/// <param name="Lease">Of the one that ended; no longer live.</param>
/// <param name="Cause">Decides whether the loss is charged and the worker avoided. The two are one try: its failure is the other's to say.</param>
/// <param name="Message">One line of evidence.</param>
public sealed record CopyEnded(Lease Lease, RequeueCause Cause, string Message) : Event
{
    /// <inheritdoc />
    public override EventNumber Number => EventNumber.CopyEnded;
}
