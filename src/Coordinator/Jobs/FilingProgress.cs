namespace BuildFarm.Coordinator.Jobs;

/// <summary>How far the jobs that end in the journal have come into the history.</summary>
public sealed class FilingProgress
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _position;

    /// <summary>Every job that had ended by this record of the journal is in the history.</summary>
    public void Reached(long position)
    {
        TaskCompletionSource moved;
        lock (_gate)
        {
            _position = Math.Max(_position, position);
            (moved, _moved) = (_moved, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        moved.TrySetResult();
    }

    /// <summary>Waits until a record is reached.</summary>
    public async Task WaitAsync(long position, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task moved;
            lock (_gate)
            {
                if (_position >= position)
                {
                    return;
                }

                moved = _moved.Task;
            }

            await moved.WaitAsync(cancellationToken);
        }
    }
}
