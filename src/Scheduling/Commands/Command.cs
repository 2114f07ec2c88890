namespace BuildFarm.Scheduling.Commands;

/// <summary>Something that happened outside, or that somebody asks for. Executing it gives events and effects.</summary>
public abstract record Command
{
    /// <summary>Chosen by the caller and repeated in the reply to this command; 0 when nobody waits for one.</summary>
    public long Correlation { get; init; }
}
