using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Containers.Oci;

/// <summary>
/// A thread with a mount namespace of its own, in which the worker prepares roots and from which it starts runtimes. The
/// host never sees these mounts, so nothing on it can walk into them, and they end with the worker, however it ends.
/// </summary>
/// <remarks>
/// Linux keeps namespaces by thread; processes started by this thread inherit its namespace. The queue waits by a monitor,
/// because the platform's collections spin before they block, which costs the tasks their CPU.
/// </remarks>
internal sealed class MountNamespace : IDisposable
{
    // As many as there are tasks on a worker, at the most.
    private readonly Queue<Action> _work = new();
    private readonly Thread _thread;
    private bool _closed;

    /// <exception cref="IOException">The kernel refuses, for want of privileges.</exception>
    public MountNamespace()
    {
        var entered = new TaskCompletionSource();
        _thread = new Thread(() => Serve(entered)) { IsBackground = true, Name = "mount namespace" };
        _thread.Start();
        entered.Task.GetAwaiter().GetResult();
    }

    /// <summary>Runs an action on the thread; actions run one after the other and must not block for long.</summary>
    /// <exception cref="ObjectDisposedException">The thread has ended.</exception>
    public Task<T> RunAsync<T>(Func<T> action)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_work)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _work.Enqueue(() =>
            {
                try
                {
                    done.SetResult(action());
                }
                catch (Exception e)
                {
                    done.SetException(e);
                }
            });
            Monitor.Pulse(_work);
        }

        return done.Task;
    }

    /// <summary>Ends the thread when it has done what it was given.</summary>
    public void Dispose()
    {
        lock (_work)
        {
            _closed = true;
            Monitor.Pulse(_work);
        }

        _thread.Join();
    }

    private void Serve(TaskCompletionSource entered)
    {
        try
        {
            Mounts.EnterPrivateNamespace();
        }
        catch (IOException e)
        {
            entered.SetException(e);
            return;
        }

        entered.SetResult();
        while (Next() is { } action)
        {
            action();
        }
    }

    private Action? Next()
    {
        lock (_work)
        {
            while (_work.Count == 0 && !_closed)
            {
                Monitor.Wait(_work);
            }

            return _work.TryDequeue(out var action) ? action : null;
        }
    }
}
