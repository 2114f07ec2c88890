using BuildFarm.Digests;

namespace BuildFarm.Coordinator.Why;

/// <summary>The last <paramref name="capacity"/> actions in memory.</summary>
public sealed class MemoryActionHistory(int capacity) : IActionHistory
{
    private readonly Lock _gate = new();
    private readonly Queue<SeenAction> _actions = [];
    private long _number;

    /// <inheritdoc />
    public ValueTask AddAsync(IReadOnlyList<SeenAction> actions, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(actions);
        lock (_gate)
        {
            foreach (var action in actions)
            {
                if (_actions.Any(known => known.Action == action.Action && known.JobId == action.JobId && known.Task == action.Task))
                {
                    continue;
                }

                _actions.Enqueue(action with { Number = ++_number });
                if (_actions.Count > capacity)
                {
                    _actions.Dequeue();
                }
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask<SeenAction?> FindAsync(string instanceName, Digest action, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Newest(seen => seen.Action == action && seen.InstanceName == instanceName, 1).FirstOrDefault());

    /// <inheritdoc />
    public ValueTask<SeenAction?> FindAsync(string jobId, string task, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Newest(seen => seen.JobId == jobId && seen.Task == task, 1).FirstOrDefault());

    /// <inheritdoc />
    public ValueTask<SeenAction?> FindNamedAsync(string instanceName, string task, CancellationToken cancellationToken) => ValueTask.FromResult(Newest(
        seen => seen.InstanceName == instanceName && (seen.Task == task || seen.Task.StartsWith($"{task} ", StringComparison.Ordinal)), 1).FirstOrDefault());

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<SeenAction>> FindLikeAsync(SeenAction action, int count, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(action);
        return ValueTask.FromResult<IReadOnlyList<SeenAction>>(
        [
            .. Newest(seen => IsBefore(seen) && seen.Task == action.Task, count),
            .. Newest(seen => IsBefore(seen) && action.Outputs.Length > 0 && seen.Outputs == action.Outputs, count),
            .. Newest(seen => IsBefore(seen) && seen.Program == action.Program, count),
        ]);

        bool IsBefore(SeenAction seen) => seen.Number < action.Number && seen.InstanceName == action.InstanceName;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private List<SeenAction> Newest(Func<SeenAction, bool> isWanted, int count)
    {
        lock (_gate)
        {
            return [.. _actions.Where(isWanted).TakeLast(count)];
        }
    }
}
