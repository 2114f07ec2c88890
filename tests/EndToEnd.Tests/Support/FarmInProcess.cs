using BuildFarm.BlobStore;
using BuildFarm.Cache;
using BuildFarm.Coordinator;
using BuildFarm.Coordinator.Loop;
using BuildFarm.Hosting;
using BuildFarm.Hosting.Configuration;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Commands;
using BuildFarm.TestKit;
using BuildFarm.Worker;
using BuildFarm.Worker.Link;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BuildFarm.EndToEnd.Tests.Support;

/// <summary>Cache and coordinator on one port, and workers with files of their own, all in the test's process.</summary>
internal sealed class FarmInProcess : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<WebApplication> _workers = [];
    private readonly WebApplication _farm;

    private FarmInProcess()
    {
        var builder = Builder("buildfarm-test");
        builder.Services.AddCache(new CacheOptions { Directory = Path.Combine(_folder.Path, "cache"), ExecutionEnabled = true });
        builder.Services.AddCoordinator(new CoordinatorOptions { Pools = [new PoolOptions()] });
        _farm = builder.Build();
        _farm.MapCache();
        _farm.MapCoordinator();
    }

    /// <summary>To the coordinator and to the cache.</summary>
    public GrpcChannel Channel { get; private set; } = null!;

    public static async Task<FarmInProcess> StartAsync()
    {
        await Requirements.AptAsync("crun", "crun --version || runc --version");
        var farm = new FarmInProcess();
        await farm._farm.StartAsync();
        farm.Channel = GrpcChannel.ForAddress(farm._farm.Urls.First());
        return farm;
    }

    /// <summary>Starts a worker of one slot.</summary>
    public async Task StartWorkerAsync(string name)
    {
        var builder = Builder("buildfarm-worker-test");
        builder.Services.AddSingleton(WorkerConnection.To([new Uri(_farm.Urls.First())], TimeProvider.System));
        builder.Services.AddSingleton(services => BlobStoreFactory.OpenWorker(
            new BlobStoreOptions { Directory = Path.Combine(_folder.Path, name, "cas") },
            Channel.CreateCallInvoker(),
            "",
            TimeSpan.Zero,
            TimeProvider.System,
            services.GetRequiredService<ILoggerFactory>()));
        builder.Services.AddSingleton(services => services.GetRequiredService<BlobStores>().Files);
        builder.Services.AddSingleton<IBlobStore>(services => services.GetRequiredService<BlobStores>().Files);
        builder.Services.AddSingleton(services => services.GetRequiredService<BlobStores>().Logs);
        builder.Services.AddWorker(new WorkerOptions { Name = name, DataDirectory = Path.Combine(_folder.Path, name, "worker"), Slots = 1, MemoryBytes = 1 << 30 });
        var worker = builder.Build();
        await worker.StartAsync();
        _workers.Add(worker);
    }

    /// <summary>Lets a worker take no new tasks, or take them again, before anything that is asked of the coordinator later.</summary>
    public async Task DrainAsync(string worker, bool drain) =>
        await _farm.Services.GetRequiredService<SchedulerQueue>().PostAsync(new DrainWorker(new WorkerId(worker), drain), CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        foreach (var app in _workers.Append(_farm))
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }

        Channel.Dispose();
        _folder.Dispose();
    }

    private static WebApplicationBuilder Builder(string name)
    {
        var builder = FarmHost.CreateBuilder(name, []);
        builder.Logging.ClearProviders();
        builder.WebHost.UseFarmEndpoints(new ListenOptions { Grpc = "127.0.0.1:0", Http = "" });
        return builder;
    }
}
