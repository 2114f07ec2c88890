using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Logs;
using BuildFarm.Hosting;
using BuildFarm.Hosting.Health;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Disk;
using BuildFarm.Worker.Link;
using BuildFarm.Worker.Offer;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Worker;

/// <summary>The worker's life in its host: probe, link, run tasks, drain, end.</summary>
internal sealed partial class WorkerAgent(
    WorkerOptions options,
    WorkerConnection connection,
    IFileBlobStore blobs,
    ILogStore logs,
    TimeProvider time,
    Readiness readiness,
    FatalError fatal,
    IHostApplicationLifetime lifetime,
    ILoggerFactory loggers) : IHostedLifecycleService, IAsyncDisposable
{
    /// <summary>How long the coordinator may take to hear that nothing runs any more.</summary>
    private static readonly TimeSpan LastWord = TimeSpan.FromSeconds(2);

    private const string Gate = "the worker's link to the coordinator";

    private readonly ILogger logger = loggers.CreateLogger<WorkerAgent>();
    private readonly CancellationTokenSource stop = new();
    private WorkerEngine? engine;
    private EvictionResponse? eviction;
    private int disposed;
    private AttemptTable? table;
    private Task linked = Task.CompletedTask;
    private Task watched = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        readiness.Close(Gate);
        var identity = WorkerIdentity.Load(options);
        var host = Machine.Read();
        var capacity = Capacity.Of(options, host);
        try
        {
            engine = await WorkerEngine.StartAsync(
                options, identity.Id, Capacity.DefaultMemory(capacity), new WorkerStores(blobs, logs), new CoordinatorSecrets(connection, identity, time), time, loggers, cancellationToken);
        }
        catch (RuntimeUnusableException e)
        {
            fatal.Stop($"this worker cannot run tasks: {e.Message}");
            return;
        }

        var offer = OfferBuilder.Build(options, host, capacity, engine.Root, engine.Runtime);
        var disk = new DiskWatch(Path.GetFullPath(options.DataDirectory), options.DiskReserveBytes, time, loggers.CreateLogger<DiskWatch>());
        table = new AttemptTable(new DiskWatchingExecutor(engine.Executor, disk), time, loggers.CreateLogger<AttemptTable>());
        disk.Changed += reason => table.Pause("disk", reason);
        engine.Runtime.UsableChanged += reason => table.Pause("runtime", reason);
        watched = disk.RunAsync(stop.Token);
        eviction = new EvictionResponse(
            Path.Combine(options.DataDirectory, "stacks"),
            options.EndWhenEvicted ? reason => fatal.Stop(reason) : null,
            time,
            loggers.CreateLogger<EvictionResponse>());
        table.EvictionHeard += eviction.Hear;
        var link = new WorkerLink(connection, identity, offer, table, WorkerProtocol.OfThisRelease, time, loggers.CreateLogger<WorkerLink>(), lifetime.ApplicationStopping)
        {
            Homes = engine.Homes is { } homes ? new HomeReports(homes, loggers.CreateLogger<HomeReports>()) : null,
        };
        linked = link.RunAsync(stop.Token);
        _ = OpenGateAsync(link);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Takes nothing new, lets what runs finish and be accepted, and after the grace ends it. All that before anything else of the process
    /// stops: who asks meanwhile hears that it lives and is not ready.
    /// </summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        readiness.Stop();
        if (table is not null)
        {
            table.Drain();
            if (table.RunningCount > 0)
                LogDraining(table.RunningCount);
            await UntilAsync(table, static attempts => attempts.IsEmpty, options.DrainGrace, cancellationToken);
            table.EndRunning("the worker stops");
            await table.WhenRunningEndedAsync();
            // Told at once, the coordinator need not wait for the lease.
            await UntilAsync(table, static attempts => attempts.IsReleased, LastWord, cancellationToken);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stop.CancelAsync();
        await linked;
        await watched;
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        // The container knows this object under two names and disposes it under each.
        if (Interlocked.Exchange(ref disposed, 1) != 0)
            return;
        await stop.CancelAsync();
        eviction?.Dispose();
        if (engine is not null)
            await engine.DisposeAsync();
        stop.Dispose();
    }

    private async Task OpenGateAsync(WorkerLink link)
    {
        await link.FirstAnswer;
        readiness.Open(Gate);
    }

    private async Task UntilAsync(AttemptTable attempts, Func<AttemptTable, bool> condition, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var empty = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look()
        {
            if (condition(attempts))
                empty.TrySetResult();
        }

        attempts.Changed += Look;
        Look();
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(empty.Task, Task.Delay(atMost, time, done.Token));
        await done.CancelAsync();
        attempts.Changed -= Look;
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "stopping when {Count} running task(s) have ended")]
    private partial void LogDraining(int count);
}
