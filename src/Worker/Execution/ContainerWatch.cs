using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Execution.Guards;

namespace BuildFarm.Worker.Execution;

/// <summary>
/// Waits for a container, and ends it when its time is up, its log too long, a guard says so, or nobody wants it any more.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="grace">Between SIGTERM and SIGKILL.</param>
/// <param name="hung">Called before a container is ended that took too long, while everything in it is still there.</param>
internal sealed class ContainerWatch(TimeProvider time, TimeSpan grace, Func<RunEnd, Task> hung)
{
    // How long the kernel may take to end what it was told to kill.
    internal static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(30);

    // How long a worker that stood still may take to hear of an end: from the process, then its cgroup, then a daemon.
    internal static readonly TimeSpan Hearing = TimeSpan.FromSeconds(10);

    // Timers of a worker that is only busy are late by less.
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(250);

    /// <exception cref="ContainerStartException">It never started, or will not die.</exception>
    public async Task<(RunEnd End, ExitEvidence Evidence)> WaitAsync(
        IRunningContainer container, TimeSpan timeout, Task logLimit, IReadOnlyList<IRunGuard> guards, CancellationToken cancellationToken)
    {
        var exit = container.WaitAsync(CancellationToken.None);
        var end = await FirstAsync(container, exit, timeout, logLimit, guards, cancellationToken);
        if (end.Reason is EndReason.TimedOut or EndReason.Stalled)
        {
            await hung(end);
            // It may still write what it knows; the other reasons want no more of it.
            container.Terminate();
            await WaitAtMostAsync(exit, grace);
        }

        if (end.Reason != EndReason.Exited && !exit.IsCompleted)
        {
            container.Kill();
            if (!await WaitAtMostAsync(exit, KillPatience))
                throw new ContainerStartException($"a container would not end within {KillPatience.TotalSeconds:0} s of being killed; look for processes in state D on this machine");
        }

        return (end, await exit);
    }

    private async Task<RunEnd> FirstAsync(
        IRunningContainer container, Task exit, TimeSpan timeout, Task logLimit, IReadOnlyList<IRunGuard> guards, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var deadline = PassAsync(timeout, stop.Token);
        var watching = guards.Select(guard => guard.WatchAsync(container, stop.Token)).ToList();
        var first = await Task.WhenAny([exit, logLimit, deadline, .. watching]);
        await stop.CancelAsync();
        foreach (var guard in watching)
            await ((Task)guard).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (first == exit)
            return new RunEnd(EndReason.Exited);
        if (first == logLimit)
            return new RunEnd(EndReason.LogLimit);
        if (cancellationToken.IsCancellationRequested)
            return new RunEnd(EndReason.Cancelled);
        // A guard that fails cannot see its limit any more.
        var end = first is Task<RunEnd> found ? await found : new RunEnd(EndReason.TimedOut);
        // A worker that stood still hears of both at once; what had ended by itself was not too slow.
        return exit.IsCompleted && end.Reason is EndReason.TimedOut or EndReason.Stalled ? new RunEnd(EndReason.Exited) : end;
    }

    private async Task<bool> WaitAtMostAsync(Task exit, TimeSpan atMost)
    {
        using var stop = new CancellationTokenSource();
        await Task.WhenAny(exit, PassAsync(atMost, stop.Token));
        await stop.CancelAsync();
        return exit.IsCompleted;
    }

    /// <summary>
    /// Ends when the time is up. A worker that stood still past that hears of it first, and only then, step by step, of a container that
    /// ended meanwhile: for that it has a moment more. When the timer is in time there is none.
    /// </summary>
    private async Task PassAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        await Task.Delay(length, time, cancellationToken);
        if (time.GetElapsedTime(begun) - length > Late)
            await Task.Delay(Hearing, time, cancellationToken);
    }
}
