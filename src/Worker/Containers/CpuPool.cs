namespace BuildFarm.Worker.Containers;

/// <summary>Gives tasks CPUs of the worker's, those first that the fewest tasks have.</summary>
/// <param name="cpus">Numbers of the CPUs that the worker itself may use.</param>
internal sealed class CpuPool(IReadOnlyList<int> cpus)
{
    private const int MillisOfOne = 1000;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, int> _users = new(cpus.ToDictionary(static cpu => cpu, static _ => 0));

    /// <summary>As many whole CPUs as a share needs, at least one and at most all.</summary>
    public CpuShare Take(long cpuMillis)
    {
        var count = (int)Math.Clamp((cpuMillis + MillisOfOne - 1) / MillisOfOne, 1, cpus.Count);
        lock (_gate)
        {
            // The sort keeps the order of equals, so that neighbours, which share caches, go together.
            int[] taken = [.. _users.OrderBy(static pair => pair.Value).Take(count).Select(static pair => pair.Key).Order()];
            foreach (var cpu in taken)
                _users[cpu]++;
            return new CpuShare(taken, GiveBack);
        }
    }

    private void GiveBack(IReadOnlyList<int> taken)
    {
        lock (_gate)
        {
            foreach (var cpu in taken)
                _users[cpu]--;
        }
    }
}

/// <summary>CPUs of one task; disposal gives them back.</summary>
/// <param name="cpus">Their numbers, ascending.</param>
/// <param name="giveBack">Called once.</param>
internal sealed class CpuShare(IReadOnlyList<int> cpus, Action<IReadOnlyList<int>> giveBack) : IDisposable
{
    private Action<IReadOnlyList<int>>? _giveBack = giveBack;

    public IReadOnlyList<int> Cpus => cpus;

    public void Dispose() => Interlocked.Exchange(ref _giveBack, null)?.Invoke(cpus);
}
