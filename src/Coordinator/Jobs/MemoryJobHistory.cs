namespace BuildFarm.Coordinator.Jobs;

/// <summary>Finished jobs in memory, the last <paramref name="capacity"/> to finish.</summary>
public sealed class MemoryJobHistory(int capacity) : IJobHistory
{
    private readonly Lock _gate = new();
    private readonly Queue<FinishedJob> _byFinish = new();
    private readonly SortedDictionary<JobListPosition, FinishedJob> _bySubmission = [];
    private readonly SortedSet<string> _ids = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public ValueTask AddAsync(FinishedJob job, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_ids.Add(job.Job.JobId))
            {
                return ValueTask.CompletedTask;
            }

            _bySubmission.Add(PositionOf(job), job);
            _byFinish.Enqueue(job);
            if (_byFinish.Count > capacity)
            {
                var oldest = _byFinish.Dequeue();
                _bySubmission.Remove(PositionOf(oldest));
                _ids.Remove(oldest.Job.JobId);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<FinishedJob>> FindAsync(string prefix, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var ids = _ids.GetViewBetween(prefix, prefix + '\uffff').Take(2).ToHashSet(StringComparer.Ordinal);
            IReadOnlyList<FinishedJob> found = ids.Count == 0 ? [] : [.. _byFinish.Where(job => ids.Contains(job.Job.JobId))];
            return ValueTask.FromResult(found);
        }
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<FinishedJob>> ListAsync(JobListPosition position, int count, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            IReadOnlyList<FinishedJob> page = [.. _bySubmission.Where(entry => entry.Key > position).Take(count).Select(entry => entry.Value)];
            return ValueTask.FromResult(page);
        }
    }

    private static JobListPosition PositionOf(FinishedJob job) => new(job.SubmittedAt, job.Job.JobId);
}
