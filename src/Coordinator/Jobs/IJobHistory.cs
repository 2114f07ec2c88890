namespace BuildFarm.Coordinator.Jobs;

/// <summary>Remembers finished jobs.</summary>
public interface IJobHistory
{
    /// <summary>Adds a job. Adding one that is there already changes nothing.</summary>
    ValueTask AddAsync(FinishedJob job, CancellationToken cancellationToken);

    /// <summary>The jobs whose id begins with <paramref name="prefix"/>, two at most: enough to tell one from several.</summary>
    ValueTask<IReadOnlyList<FinishedJob>> FindAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>The newest <paramref name="count"/> jobs, by submission, that come after <paramref name="position"/> in a list.</summary>
    ValueTask<IReadOnlyList<FinishedJob>> ListAsync(JobListPosition position, int count, CancellationToken cancellationToken);
}
