using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator.Workers;

/// <summary>
/// One place for the newest desired state of a worker. What was not sent yet is replaced, because each one says everything;
/// so a worker that reads slowly costs one message of memory.
/// </summary>
internal sealed class DesiredStateMailbox
{
    private readonly Lock _gate = new();
    private DesiredState? _newest;
    private DesiredState? _last;
    private TaskCompletionSource? _waiting;

    public void Put(DesiredState desired)
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            _newest = _last = desired;
            (waiting, _waiting) = (_waiting, null);
        }

        waiting?.TrySetResult();
    }

    /// <summary>Says what was said last once more, because what goes along with it has changed; nothing when nothing was said yet.</summary>
    public void Repeat()
    {
        TaskCompletionSource? waiting = null;
        lock (_gate)
        {
            _newest ??= _last;
            if (_newest is not null)
            {
                (waiting, _waiting) = (_waiting, null);
            }
        }

        waiting?.TrySetResult();
    }

    /// <summary>Waits for the newest and empties the place. One reader only.</summary>
    public async ValueTask<DesiredState> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task arrival;
            lock (_gate)
            {
                if (_newest is { } desired)
                {
                    _newest = null;
                    return desired;
                }

                _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                arrival = _waiting.Task;
            }

            await arrival.WaitAsync(cancellationToken);
        }
    }
}
