using BuildFarm.Coordinator.Jobs;

namespace BuildFarm.Coordinator.Reapi;

/// <summary>
/// The newest operations that have ended, for clients whose stream broke just then. Who comes later is told NOT_FOUND, executes
/// again, and finds the result in the action cache: so these need no history.
/// </summary>
public sealed class FinishedOperations(CoordinatorOptions options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, FoundOperation> _byId = new(StringComparer.Ordinal);
    private readonly Queue<string> _byAge = new();

    /// <summary>Keeps a job that has finished.</summary>
    public void Add(JobRecord job)
    {
        ArgumentNullException.ThrowIfNull(job);
        var operation = new FoundOperation(job) { Job = new FoundJob(null, job.ToFinished()) };
        lock (_gate)
        {
            if (_byId.TryAdd(operation.Name.Id, operation))
            {
                _byAge.Enqueue(operation.Name.Id);
            }

            while (_byAge.Count > options.Reapi.EndedOperations)
            {
                _byId.Remove(_byAge.Dequeue());
            }
        }
    }

    /// <summary>The operation with this id; null when it never ended here, or long ago.</summary>
    public FoundOperation? Find(string id)
    {
        lock (_gate)
        {
            return _byId.GetValueOrDefault(id);
        }
    }

    /// <summary>All that are kept, in no order.</summary>
    public IReadOnlyList<FoundOperation> All()
    {
        lock (_gate)
        {
            return [.. _byId.Values];
        }
    }
}
