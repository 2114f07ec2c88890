using BuildFarm.BlobStore;
using BuildFarm.Hosting;
using BuildFarm.Hosting.Configuration;
using BuildFarm.Hosting.Health;
using BuildFarm.Hosting.Leaders;
using BuildFarm.Hosting.Local;
using BuildFarm.Worker;
using BuildFarm.Worker.Link;
using BuildFarm.Worker.Rootless;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

// A worker in a process of its own: its files in front of the cache, its link to the coordinator, its health over HTTP.
var commandLine = new ServiceCommandLine(
    "BuildFarm.Worker",
    "A worker: runs the tasks that a coordinator gives it, each in a container of its own.",
    ("Peers", typeof(WorkerPeers)),
    ("Worker", typeof(WorkerOptions)),
    ("Listen", typeof(ListenOptions)),
    ("Shutdown", typeof(ShutdownOptions)));
var expanded = WorkerArguments.Expand(args);
return commandLine.Answer(expanded, Console.Out, Console.Error) ?? await FarmHost.RunAsync(() =>
{
    var builder = FarmHost.CreateBuilder("buildfarm-worker", expanded);
    var reader = new OptionsReader(builder.Configuration);
    var options = reader.Read<WorkerOptions>("Worker");
    var peers = reader.Read<WorkerPeers>("Peers");
    var listen = reader.Read<ListenOptions>("Listen");
    var shutdown = reader.Read<ShutdownOptions>("Shutdown");
    reader.ThrowIfAnyProblem();
    RootlessEntry.EnterIfNeeded(options.Isolation);

    var data = DataDirectory.Open(options.DataDirectory, "a worker");
    var stores = new BlobStoreOptions { Directory = Path.Combine(data.Path, "cas") };
    options.DataDirectory = Path.Combine(data.Path, "worker");
    options.EndWhenEvicted = true;
    shutdown.Timeout = shutdown.Timeout > options.DrainGrace ? shutdown.Timeout : options.DrainGrace + TimeSpan.FromSeconds(5);

    builder.Services.UseShutdown(shutdown);
    builder.Services.AddSingleton(data);
    // The container closes the connections after everything that calls over them.
    builder.Services.AddKeyedSingleton(nameof(peers.Cache), (_, _) => GrpcChannel.ForAddress(peers.Cache, FarmChannel.Options()));
    builder.Services.AddSingleton(services => WorkerConnection.To(FarmAddresses.Parse(peers.Coordinator, out _)!, TimeProvider.System));
    builder.Services.AddSingleton(services => BlobStoreFactory.OpenWorker(
        stores,
        services.GetRequiredKeyedService<GrpcChannel>(nameof(peers.Cache)).CreateCallInvoker(),
        peers.Instance,
        options.CachePatience,
        TimeProvider.System,
        services.GetRequiredService<ILoggerFactory>()));
    builder.Services.AddSingleton(services => services.GetRequiredService<BlobStores>().Files);
    builder.Services.AddSingleton(services => services.GetRequiredService<BlobStores>().Logs);
    builder.Services.AddWorker(options);
    builder.WebHost.UseFarmEndpoints(listen);

    var app = builder.Build();
    app.MapHealth();
    return app;
});
