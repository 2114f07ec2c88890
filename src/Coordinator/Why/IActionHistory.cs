using BuildFarm.Coordinator.Journal;
using BuildFarm.Digests;

namespace BuildFarm.Coordinator.Why;

/// <summary>Remembers the newest actions that had no result. It is opened by its first use.</summary>
public interface IActionHistory : IAsyncDisposable
{
    /// <summary>Adds actions, durable when this returns. One that is there for that job and task already stays as it is.</summary>
    /// <exception cref="JournalException">They could not be kept.</exception>
    ValueTask AddAsync(IReadOnlyList<SeenAction> actions, CancellationToken cancellationToken);

    /// <summary>The newest of this action; null when there is none.</summary>
    /// <exception cref="JournalException">It cannot be read.</exception>
    ValueTask<SeenAction?> FindAsync(string instanceName, Digest action, CancellationToken cancellationToken);

    /// <summary>The newest of this task; null when there is none.</summary>
    /// <exception cref="JournalException">It cannot be read.</exception>
    ValueTask<SeenAction?> FindAsync(string jobId, string task, CancellationToken cancellationToken);

    /// <summary>The newest of the instance with this task's name, or with a name that goes on after it and a space, as a target's does with the mnemonic.</summary>
    /// <exception cref="JournalException">It cannot be read.</exception>
    ValueTask<SeenAction?> FindNamedAsync(string instanceName, string task, CancellationToken cancellationToken);

    /// <summary>
    /// Those of the instance that came before and have its task's name, its outputs or its program: of each kind the newest
    /// <paramref name="count"/>, in no order, an action perhaps more than once.
    /// </summary>
    /// <exception cref="JournalException">They cannot be read.</exception>
    ValueTask<IReadOnlyList<SeenAction>> FindLikeAsync(SeenAction action, int count, CancellationToken cancellationToken);
}
