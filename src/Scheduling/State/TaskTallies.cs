namespace BuildFarm.Scheduling.State;

/// <summary>Unfinished tasks by name.</summary>
internal sealed class TaskTallies
{
    private readonly Dictionary<string, TaskTally> _byName = new(StringComparer.Ordinal);

    public IEnumerable<KeyValuePair<string, TaskTally>> All => _byName;

    public int Of(string name) => _byName.TryGetValue(name, out var tally) ? tally.Unfinished : 0;

    /// <summary>Where a job of that name counts its tasks.</summary>
    public TaskTally Enter(string name, int tasks)
    {
        if (!_byName.TryGetValue(name, out var tally))
        {
            _byName.Add(name, tally = new TaskTally());
        }

        tally.Unfinished += tasks;
        return tally;
    }

    /// <summary>A job has ended.</summary>
    public void Leave(string name)
    {
        if (Of(name) == 0)
        {
            _byName.Remove(name);
        }
    }
}
