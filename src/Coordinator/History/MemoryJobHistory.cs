using BuildFarm.Coordinator.Jobs;
using BuildFarm.V1;

namespace BuildFarm.Coordinator.History;

/// <summary>Finished jobs in memory, the last <paramref name="capacity"/> to finish.</summary>
public sealed class MemoryJobHistory(int capacity) : IJobHistory
{
    private readonly Lock _gate = new();
    private readonly SortedSet<(DateTimeOffset FinishedAt, string Id)> _byFinish = [];
    private readonly SortedDictionary<JobListPosition, FinishedJob> _bySubmission = [];
    private readonly SortedDictionary<string, FinishedJob> _byId = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _ids = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public ValueTask OpenAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc />
    public ValueTask AddAsync(IReadOnlyList<FinishedJob> jobs, IReadOnlyCollection<RecordedTime> times, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        lock (_gate)
        {
            foreach (var job in jobs)
            {
                Add(job);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask<bool> WantsAsync(string jobId, DateTimeOffset finishedAt, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(!_ids.Contains(jobId) && (_ids.Count < capacity || _byFinish.Min.FinishedAt < finishedAt));
        }
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<FinishedJob>> FindAsync(string prefix, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<FinishedJob>>([.. _ids.GetViewBetween(prefix, prefix + '\uffff').Take(2).Select(id => _byId[id])]);
        }
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<Job>> ListAsync(JobListPosition position, int count, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<Job>>(
                [.. _bySubmission.Where(entry => entry.Key > position).Take(count).Select(entry => entry.Value.ToHeader())]);
        }
    }

    /// <inheritdoc />
    public IAsyncEnumerable<RecordedTime> ReadTimesAsync(CancellationToken cancellationToken) => AsyncEnumerable.Empty<RecordedTime>();

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Add(FinishedJob job)
    {
        if (!_ids.Add(job.Id))
        {
            return;
        }

        _byId.Add(job.Id, job);
        _bySubmission.Add(job.Position, job);
        _byFinish.Add((job.FinishedAt, job.Id));
        if (_byFinish.Count > capacity)
        {
            var oldest = _byFinish.Min;
            _byFinish.Remove(oldest);
            _ids.Remove(oldest.Id);
            _byId.Remove(oldest.Id, out var dropped);
            _bySubmission.Remove(dropped!.Position);
        }
    }
}
