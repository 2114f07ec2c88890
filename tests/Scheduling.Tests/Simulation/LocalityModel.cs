using BuildFarm.Scheduling.Events;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>What each worker had lately, from events alone.</summary>
internal sealed class LocalityModel
{
    private const int Most = 32;

    private readonly Dictionary<WorkerId, List<long>> _had = [];
    private readonly Dictionary<ExecutionId, LocalityKeys> _keys = [];

    public void Adopt(SchedulerState state)
    {
        _had.Clear();
        foreach (var worker in state.WorkersById.Values)
        {
            _had[worker.Id] = [.. worker.Recent.Marks.Select(static mark => mark.Key)];
        }

        foreach (var execution in state.Executions.Values)
        {
            _keys[execution.Id] = state.Localities[execution.Locality];
        }
    }

    public void Apply(Event change)
    {
        switch (change)
        {
            case ExecutionCreated created:
                _keys[created.Execution] = created.Locality;
                break;
            case AttemptStarted started:
                Note(started.Worker, _keys[started.Lease.Execution]);
                break;
            case CopyStarted copied:
                Note(copied.Worker, _keys[copied.Lease.Execution]);
                break;
            case WorkerExpired expired:
                _had.Remove(expired.Worker);
                break;
            case WorkerJoined joined:
                _had.Remove(joined.Worker);
                break;
        }
    }

    /// <summary>The place of the first key of an execution that a worker had; as many as there are when it had none.</summary>
    public int PlaceOfFirst(ExecutionId execution, WorkerId worker)
    {
        var keys = _keys[execution].ToArray();
        var had = _had.GetValueOrDefault(worker) ?? [];
        return Enumerable.Range(0, keys.Length).FirstOrDefault(place => had.Contains(keys[place]), keys.Length);
    }

    private void Note(WorkerId worker, LocalityKeys keys)
    {
        if (!_had.TryGetValue(worker, out var had))
        {
            _had.Add(worker, had = []);
        }

        foreach (var key in keys.ToArray().Reverse())
        {
            had.Remove(key);
            had.Add(key);
            if (had.Count > Most)
            {
                had.RemoveAt(0);
            }
        }
    }
}
