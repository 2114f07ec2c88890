using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Logs;
using BuildFarm.V1;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Execution.Audit;
using BuildFarm.Worker.Execution.Guards;
using BuildFarm.Worker.Logs;
using Microsoft.Extensions.Logging;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Worker.Execution;

/// <summary>Runs a container from start to end with its logs captured.</summary>
internal sealed class ContainerRunner(
    IContainerRuntime runtime, IFileBlobStore store, ILogStore logs, TimeProvider time, ExecutorOptions options, ILogger logger)
{
    // What a task leaves running without isolation may hold its streams open.
    private static readonly TimeSpan OpenStreamPatience = TimeSpan.FromSeconds(2);

    // In a container nothing outlives it, and its streams end, as late as a slow daemon, disk or log store has them.
    private static readonly TimeSpan StreamPatience = TimeSpan.FromMinutes(2);

    /// <exception cref="ContainerStartException">It could not be started.</exception>
    public async Task<AttemptRun> RunAsync(RunRequest request, Action<AttemptPhase> enterPhase, CancellationToken cancellationToken)
    {
        var (spec, assignment, timeout, outputs) = request;
        var budget = new LogBudget(options.LogLimitBytes);
        using var outputSpool = new LogSpool(Path.Combine(spec.StateDirectory, "stdout"));
        using var errorSpool = new LogSpool(Path.Combine(spec.StateDirectory, "stderr"));
        await using var container = await runtime.StartAsync(spec, cancellationToken);
        enterPhase(AttemptPhase.Running);
        var trailer = "";
        var capture = new LogCapture(logs, budget, spec.Secrets, logger);
        using var stopReading = new CancellationTokenSource();
        var captured = Task.WhenAll(
            capture.RunAsync(container.StandardOutput, assignment.StdoutStreamName, outputSpool, trailer: null, stopReading.Token),
            capture.RunAsync(container.StandardError, assignment.StderrStreamName, errorSpool, () => trailer, stopReading.Token));
        try
        {
            var watch = new ContainerWatch(time, options.TerminationGrace, async hung => trailer = await HungTask.DescribeAsync(hung, container, time));
            var guards = Guards(request, budget);
            var (end, evidence) = await watch.WaitAsync(container, timeout, budget.Exceeded, guards, cancellationToken);
            var diskWasFull = guards.OfType<DiskGuard>().Any(static guard => guard.WasFull);
            await WaitForStreamsAsync(captured, stopReading);
            if (end.Reason != EndReason.Cancelled)
                await container.ConfirmAsync(CancellationToken.None);
            return new AttemptRun(
                end,
                evidence,
                await outputSpool.StoreAsync(store, request.Function, CancellationToken.None),
                await errorSpool.StoreAsync(store, request.Function, CancellationToken.None))
            {
                Profile = runtime.FiltersSystemCalls ? spec.Profile.Name : "none",
                DiskWasFull = diskWasFull,
                Written = LeakAudit.Look(spec.Workspace, outputs, container.Areas),
            };
        }
        catch (IOException e) when (e is not ContainerLostException)
        {
            // A stream that breaks is the least of what a runtime that is gone breaks.
            await container.ConfirmAsync(CancellationToken.None);
            throw;
        }
        finally
        {
            await stopReading.CancelAsync();
            // When it failed, that has ended the task and been said.
            await captured.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private List<IRunGuard> Guards(RunRequest request, LogBudget budget)
    {
        var spec = request.Spec;
        var guards = new List<IRunGuard>();
        if (spec.Workspace is OverlayMount overlay)
            guards.Add(new DiskGuard("its workspace", [overlay.Upper], spec.Limits, time));
        guards.AddRange(request.Guards);
        if (options.StallTimeout > TimeSpan.Zero)
            guards.Add(new StallGuard(options.StallTimeout, budget, time));
        return guards;
    }

    private async Task WaitForStreamsAsync(Task captured, CancellationTokenSource stopReading)
    {
        if (!captured.IsCompleted)
        {
            using var done = new CancellationTokenSource();
            await Task.WhenAny(captured, Task.Delay(runtime.EndsEverything ? StreamPatience : OpenStreamPatience, time, done.Token));
            await done.CancelAsync();
        }

        await stopReading.CancelAsync();
        await captured;
    }
}
