using BuildFarm.Worker.Containers;

namespace BuildFarm.Worker.Execution;

/// <summary>Waits for a container, and ends it when its time is up, its log too long, or nobody wants it any more.</summary>
internal sealed class ContainerWatch(TimeProvider time, TimeSpan grace)
{
    // How long the kernel may take to end what it was told to kill.
    private static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(30);

    /// <exception cref="ContainerStartException">It never started, or will not die.</exception>
    public async Task<(EndReason Reason, ExitEvidence Evidence)> WaitAsync(
        IRunningContainer container, TimeSpan timeout, Task logLimit, CancellationToken cancellationToken)
    {
        var exit = container.WaitAsync(CancellationToken.None);
        var reason = await FirstAsync(exit, timeout, logLimit, cancellationToken);
        if (reason == EndReason.TimedOut)
        {
            // It may still write what it knows; the other reasons want no more of it.
            container.Terminate();
            await WaitAtMostAsync(exit, grace);
        }

        if (reason != EndReason.Exited && !exit.IsCompleted)
        {
            container.Kill();
            if (!await WaitAtMostAsync(exit, KillPatience))
                throw new ContainerStartException($"a container would not end within {KillPatience.TotalSeconds:0} s of being killed; look for processes in state D on this machine");
        }

        return (reason, await exit);
    }

    private async Task<EndReason> FirstAsync(Task exit, TimeSpan timeout, Task logLimit, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var deadline = Task.Delay(timeout, time, stop.Token);
        var first = await Task.WhenAny(exit, logLimit, deadline);
        await stop.CancelAsync();
        if (first == exit)
            return EndReason.Exited;
        if (first == logLimit)
            return EndReason.LogLimit;
        return cancellationToken.IsCancellationRequested ? EndReason.Cancelled : EndReason.TimedOut;
    }

    private async Task<bool> WaitAtMostAsync(Task exit, TimeSpan atMost)
    {
        using var stop = new CancellationTokenSource();
        var first = await Task.WhenAny(exit, Task.Delay(atMost, time, stop.Token));
        await stop.CancelAsync();
        return first == exit;
    }
}
