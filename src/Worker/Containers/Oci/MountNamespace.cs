using System.Collections.Concurrent;
using BuildFarm.Worker.Native;

namespace BuildFarm.Worker.Containers.Oci;

/// <summary>
/// A thread with a mount namespace of its own, in which the worker prepares roots and from which it starts runtimes. The
/// host never sees these mounts, so nothing on it can walk into them, and they end with the worker, however it ends.
/// </summary>
/// <remarks>Linux keeps namespaces by thread; processes started by this thread inherit its namespace.</remarks>
internal sealed class MountNamespace : IDisposable
{
    private readonly BlockingCollection<Action> work = new(boundedCapacity: 1024);
    private readonly Thread thread;

    /// <exception cref="IOException">The kernel refuses, for want of privileges.</exception>
    public MountNamespace()
    {
        var entered = new TaskCompletionSource();
        thread = new Thread(() => Serve(entered)) { IsBackground = true, Name = "mount namespace" };
        thread.Start();
        entered.Task.GetAwaiter().GetResult();
    }

    /// <summary>Runs an action on the thread; actions run one after the other and must not block for long.</summary>
    public Task<T> RunAsync<T>(Func<T> action)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        work.Add(() =>
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
        return done.Task;
    }

    public Task RunAsync(Action action) =>
        RunAsync(() =>
        {
            action();
            return true;
        });

    public void Dispose()
    {
        work.CompleteAdding();
        thread.Join();
        work.Dispose();
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
        foreach (var action in work.GetConsumingEnumerable())
            action();
    }
}
