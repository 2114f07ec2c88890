using System.Collections.Concurrent;
using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>The jobs that have not finished.</summary>
public sealed class JobTable
{
    private readonly ConcurrentDictionary<string, JobRecord> _jobs = new(StringComparer.Ordinal);

    /// <summary>All of them, in no order.</summary>
    public IReadOnlyCollection<JobRecord> All => [.. _jobs.Values];

    /// <summary>Takes a job in; from now on it is found.</summary>
    public void Add(JobRecord job) => _jobs[job.Id.Value] = job;

    /// <summary>Forgets a job; one that is not here is no error.</summary>
    public void Remove(JobId job) => _jobs.TryRemove(job.Value, out _);

    /// <summary>The job with this id, or null.</summary>
    public JobRecord? Find(JobId job) => _jobs.GetValueOrDefault(job.Value);

    /// <summary>The jobs whose id begins with <paramref name="prefix"/>, two at most.</summary>
    public IReadOnlyList<JobRecord> FindByPrefix(string prefix) =>
        _jobs.TryGetValue(prefix, out var exact)
            ? [exact]
            : [.. _jobs.Where(job => job.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(job => job.Value).Take(2)];
}
