using BuildFarm.Scheduling;
using BuildFarm.V1;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Workers;

/// <summary>
/// The homes that linked workers keep, as they told last, and those that somebody waits to see removed. Both are no part of the state: a worker tells
/// again what it has, and who waits asks again.
/// </summary>
public sealed class WorkerHomes
{
    private readonly Lock _gate = new();
    private readonly Dictionary<WorkerId, IReadOnlyList<HomeFacts>> _kept = [];
    private readonly Dictionary<(WorkerId Worker, string Id), int> _unwanted = [];
    private TaskCompletionSource _changed = NewChange();

    /// <summary>Completes when what is kept has changed.</summary>
    internal Task NextChange
    {
        get
        {
            lock (_gate)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>Everything that is kept, with who keeps it.</summary>
    public IReadOnlyList<(WorkerId Worker, HomeFacts Home)> All()
    {
        lock (_gate)
        {
            return [.. _kept.SelectMany(static worker => worker.Value, static (worker, home) => (worker.Key, home))];
        }
    }

    /// <summary>Ids of the homes that a worker is to remove.</summary>
    public IReadOnlyList<string> UnwantedOf(WorkerId worker)
    {
        lock (_gate)
        {
            return _unwanted.Count == 0 ? [] : [.. _unwanted.Keys.Where(key => key.Worker == worker).Select(static key => key.Id)];
        }
    }

    /// <summary>From now on the worker is to remove a home, until what is returned is disposed.</summary>
    public IDisposable Unwant(WorkerId worker, string id)
    {
        lock (_gate)
        {
            _unwanted[(worker, id)] = _unwanted.GetValueOrDefault((worker, id)) + 1;
        }

        return new Wish(this, (worker, id));
    }

    /// <summary>Waits until the worker keeps no home of that id; false when it is not linked any more.</summary>
    public async Task<bool> GoneAsync(WorkerId worker, string id, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (!_kept.TryGetValue(worker, out var homes))
                {
                    return false;
                }

                if (homes.All(home => home.Id != id))
                {
                    return true;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>What a worker keeps, as it tells.</summary>
    internal void Told(WorkerId worker, HomeReport homes) => Change(() => _kept[worker] = [.. homes.Homes]);

    /// <summary>A worker is not linked any more.</summary>
    internal void Forget(WorkerId worker) => Change(() => _kept.Remove(worker));

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Change(System.Action change)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            change();
            (changed, _changed) = (_changed, NewChange());
        }

        changed.SetResult();
    }

    private void Withdraw((WorkerId Worker, string Id) wish)
    {
        lock (_gate)
        {
            if (--_unwanted[wish] == 0)
            {
                _unwanted.Remove(wish);
            }
        }
    }

    private sealed class Wish(WorkerHomes homes, (WorkerId Worker, string Id) wish) : IDisposable
    {
        private bool _withdrawn;

        public void Dispose()
        {
            if (!_withdrawn)
            {
                _withdrawn = true;
                homes.Withdraw(wish);
            }
        }
    }
}
