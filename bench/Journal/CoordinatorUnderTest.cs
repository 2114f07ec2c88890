using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Memory;
using BuildFarm.Coordinator;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Coordinator.Loop;
using BuildFarm.Hosting;
using BuildFarm.Hosting.Configuration;
using BuildFarm.Hosting.Health;
using BuildFarm.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Bench.Journal;

/// <summary>A coordinator on a real port over a journal, with its CAS in memory and no worker: what it takes in stays queued.</summary>
internal sealed class CoordinatorUnderTest : IAsyncDisposable
{
    private readonly WebApplication _app;

    private CoordinatorUnderTest(WebApplication app) => _app = app;

    /// <summary>Starts one and waits until it has recovered.</summary>
    public static async Task<CoordinatorUnderTest> StartAsync(JournalOptions? options, int? snapshotRecords = null)
    {
        var builder = FarmHost.CreateBuilder("buildfarm-bench", []);
        builder.Logging.ClearProviders();
        builder.WebHost.UseFarmEndpoints(new ListenOptions { Grpc = "127.0.0.1:0", Http = "" });
        builder.Services.UseShutdown(new ShutdownOptions());
        builder.Services.AddSingleton<IBlobStore>(new MemoryBlobStore(1 << 30));
        builder.Services.AddSingleton<IActionCache, NoActions>();
        var coordinator = new CoordinatorOptions { MaxUnfinishedTasks = 2_000_000 };
        coordinator.SnapshotRecords = snapshotRecords ?? coordinator.SnapshotRecords;
        if (options is null)
        {
            builder.Services.AddSingleton<IJournal>(_ => new VolatileJournal());
        }
        else
        {
            builder.Services.AddJournal(options, coordinator.HistoryJobs);
        }

        builder.Services.AddCoordinator(coordinator);
        var app = builder.Build();
        app.MapCoordinator();
        await app.StartAsync();
        await app.Services.GetRequiredService<SchedulerQueue>().OpenedAsync(CancellationToken.None);
        return new CoordinatorUnderTest(app);
    }

    public GrpcChannel Connect() => GrpcChannel.ForAddress(_app.Urls.First());

    /// <summary>Snapshots that it has written.</summary>
    public long Snapshots => _app.Services.GetRequiredService<JournalShadow>().Snapshots;

    /// <summary>Times of one client's submits, in milliseconds, sorted, while <paramref name="going"/> says so.</summary>
    public async Task<IReadOnlyList<double>> SubmitTimesAsync(Func<bool> going)
    {
        using var channel = Connect();
        var jobs = new Jobs.JobsClient(channel);
        var times = new List<double>();
        for (var i = 0; going() || times.Count < 100; i++)
        {
            var start = TimeProvider.System.GetTimestamp();
            await jobs.SubmitJobAsync(new SubmitJobRequest { Spec = new JobSpec { Name = "bench", Tasks = { new TaskTemplate { Name = "task", Arguments = { $"{i}" } } } } });
            times.Add(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);
        }

        times.Sort();
        return times;
    }

    /// <summary>How long the loop takes to answer a question, in milliseconds, sorted, asked a thousand times a second.</summary>
    public async Task<IReadOnlyList<double>> ProbeLoopAsync(CancellationToken until)
    {
        var queue = _app.Services.GetRequiredService<SchedulerQueue>();
        var times = new List<double>();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        while (!until.IsCancellationRequested)
        {
            var start = TimeProvider.System.GetTimestamp();
            await queue.QueryAsync(static state => state.Counters, CancellationToken.None);
            times.Add(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }

        times.Sort();
        return times;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    /// <summary>Acknowledged submits a second: each client submits its next job when its last was acknowledged.</summary>
    public async Task<double> SubmitsPerSecondAsync(int clients, TimeSpan length)
    {
        await LoadAsync(clients, TimeSpan.FromMilliseconds(500));
        var start = TimeProvider.System.GetTimestamp();
        var acknowledged = await LoadAsync(clients, length);
        return acknowledged / TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }

    private async Task<long> LoadAsync(int clients, TimeSpan length)
    {
        using var channel = Connect();
        var jobs = new Jobs.JobsClient(channel);
        var start = TimeProvider.System.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, clients).Select(async client =>
        {
            var count = 0L;
            while (TimeProvider.System.GetElapsedTime(start) < length)
            {
                await jobs.SubmitJobAsync(new SubmitJobRequest
                {
                    Spec = new JobSpec { Name = "bench", Submitter = "bench@here", Tasks = { new TaskTemplate { Name = "task", Arguments = { "true", $"{client}", $"{count}" } } } },
                });
                count++;
            }

            return count;
        }));
        return counts.Sum();
    }

    /// <summary>An action cache that has nothing and takes nothing.</summary>
    private sealed class NoActions : IActionCache
    {
        public ValueTask<ActionEntry?> GetAsync(ActionKey key, CancellationToken cancellationToken) => ValueTask.FromResult<ActionEntry?>(null);

        public ValueTask PutAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
