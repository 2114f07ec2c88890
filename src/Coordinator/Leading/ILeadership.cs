namespace BuildFarm.Coordinator.Leading;

/// <summary>
/// Whether this coordinator may decide. Where several share a journal one of them leads and the others wait; what keeps a
/// former leader from writing is the journal's epoch, not this.
/// </summary>
public interface ILeadership : IAsyncDisposable
{
    /// <summary>True while this coordinator leads, by its own clock.</summary>
    bool Leads { get; }

    /// <summary>Where the coordinator that leads can be reached; null when none is known.</summary>
    string? LeaderAddress { get; }

    /// <summary>Why it leads no more, one line; null before that.</summary>
    string? LostBecause { get; }

    /// <summary>Waits until this coordinator leads. Once.</summary>
    /// <returns>Cancelled when it leads no more.</returns>
    /// <exception cref="Journal.JournalException">It can never lead: the database refuses it.</exception>
    Task<CancellationToken> AcquireAsync(CancellationToken cancellationToken);

    /// <summary>Lets others lead at once. Comes after the last append; does nothing when this coordinator does not lead.</summary>
    ValueTask ReleaseAsync();
}
