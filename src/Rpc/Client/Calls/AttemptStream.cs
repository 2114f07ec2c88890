namespace Grpc.Net.Client.Calls;

/// <summary>
/// The transport's stream of the attempt that is under way, if there is one: attempts come and go while a writer waits for
/// one that takes its message.
/// </summary>
internal sealed class AttemptStream
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _attached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Stream? _stream;
    private int _attempt;

    /// <summary>The attempt that a stream is of; given to <see cref="Attach"/>.</summary>
    public int Attempt => Volatile.Read(ref _attempt);

    /// <summary>The stream, or a task that ends when the next one is attached.</summary>
    public (Stream? Stream, Task NextAttached) Current
    {
        get
        {
            lock (_lock)
            {
                return (_stream, _attached.Task);
            }
        }
    }

    /// <summary>Lets writers send to the stream, unless its attempt has failed meanwhile.</summary>
    public void Attach(Stream stream, int attempt)
    {
        lock (_lock)
        {
            if (attempt == _attempt)
            {
                _stream = stream;
                _attached.TrySetResult();
            }
        }
    }

    /// <summary>Takes a broken stream away, unless another is there by now.</summary>
    /// <returns>Ends when a stream is attached.</returns>
    public Task Detach(Stream stream)
    {
        lock (_lock)
        {
            if (_stream == stream)
            {
                Detach();
            }

            return _attached.Task;
        }
    }

    /// <summary>The attempt is over: a stream of it that comes late is not attached any more.</summary>
    public void EndAttempt()
    {
        lock (_lock)
        {
            _attempt++;
            Detach();
        }
    }

    private void Detach()
    {
        _stream = null;
        if (_attached.Task.IsCompleted)
        {
            _attached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
