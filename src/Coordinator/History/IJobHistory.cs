using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Journal;
using BuildFarm.V1;

namespace BuildFarm.Coordinator.History;

/// <summary>
/// Remembers finished jobs, the newest to finish, and how long tasks took. What it has taken outlives the journal's records
/// of it.
/// </summary>
public interface IJobHistory : IAsyncDisposable
{
    /// <summary>Comes before everything else, once.</summary>
    /// <exception cref="JournalException">It cannot be opened; the message says what to do.</exception>
    ValueTask OpenAsync(CancellationToken cancellationToken);

    /// <summary>Adds jobs, and replaces times, all durable when this returns. A job that is there already stays as it is.</summary>
    /// <exception cref="JournalException">They could not be kept.</exception>
    ValueTask AddAsync(IReadOnlyList<FinishedJob> jobs, IReadOnlyCollection<RecordedTime> times, CancellationToken cancellationToken);

    /// <summary>Whether adding the job would change anything: it is not there, and not older than all that are remembered.</summary>
    ValueTask<bool> WantsAsync(string jobId, DateTimeOffset finishedAt, CancellationToken cancellationToken);

    /// <summary>The jobs whose id begins with <paramref name="prefix"/>, two at most: enough to tell one from several.</summary>
    ValueTask<IReadOnlyList<FinishedJob>> FindAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>The newest <paramref name="count"/> jobs, by submission, after <paramref name="position"/> in a list; without their tasks.</summary>
    ValueTask<IReadOnlyList<Job>> ListAsync(JobListPosition position, int count, CancellationToken cancellationToken);

    /// <summary>Every recorded time, the newest last.</summary>
    IAsyncEnumerable<RecordedTime> ReadTimesAsync(CancellationToken cancellationToken);
}
