namespace BuildFarm.Coordinator.Journal;

/// <summary>The journal failed. The message is one line; the coordinator stops rather than go on without it.</summary>
public sealed class JournalException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>
    /// True when nothing is wrong with what is in the journal: its database is away, or another coordinator leads. Opened anew it
    /// may do.
    /// </summary>
    public bool IsJournalWell { get; init; }
}
