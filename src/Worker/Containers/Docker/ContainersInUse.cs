namespace BuildFarm.Worker.Containers.Docker;

/// <summary>Counts the containers that tasks have or are about to have.</summary>
internal sealed class ContainersInUse
{
    private readonly Lock _gate = new();
    private int _count;
    private TaskCompletionSource? _idle;

    /// <summary>One more, until the answer is disposed.</summary>
    public Use Enter()
    {
        lock (_gate)
            _count++;
        return new Use(this);
    }

    /// <summary>Waits until there is none.</summary>
    public Task WhenIdleAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _count == 0
                ? Task.CompletedTask
                : (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task.WaitAsync(cancellationToken);
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_count > 0)
                return;
            _idle?.SetResult();
            _idle = null;
        }
    }

    /// <summary>One of them. Disposing it again does nothing.</summary>
    internal sealed class Use(ContainersInUse all) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
                all.Leave();
        }
    }
}
