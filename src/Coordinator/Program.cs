using BuildFarm.Coordinator;
using BuildFarm.Coordinator.Leading;
using BuildFarm.Hosting;
using BuildFarm.Hosting.Configuration;
using BuildFarm.Hosting.Health;

var commandLine = new ServiceCommandLine(
    "BuildFarm.Coordinator",
    "The coordinator: takes jobs, splits them into tasks and places these on workers.",
    ("Listen", typeof(ListenOptions)),
    ("Shutdown", typeof(ShutdownOptions)),
    ("Cache", typeof(RemoteCacheOptions)),
    ("Journal", typeof(JournalOptions)),
    ("Lease", typeof(LeaseOptions)),
    ("Coordinator", typeof(CoordinatorOptions)));
// One process may lead, lose its database, and lead again: each time with a host of its own.
var holder = new LeaseHolder();
return commandLine.Answer(args, Console.Out, Console.Error) ?? await FarmHost.RunAsync(() =>
{
    var builder = FarmHost.CreateBuilder("buildfarm-coordinator", args);
    var reader = new OptionsReader(builder.Configuration);
    var listen = reader.Read<ListenOptions>("Listen");
    var shutdown = reader.Read<ShutdownOptions>("Shutdown");
    var cache = reader.Read<RemoteCacheOptions>("Cache");
    var journal = reader.Read<JournalOptions>("Journal");
    var lease = reader.Read<LeaseOptions>("Lease");
    var coordinator = reader.Read<CoordinatorOptions>("Coordinator");
    reader.ThrowIfAnyProblem();

    builder.WebHost.UseFarmEndpoints(listen);
    builder.Services.UseShutdown(shutdown);
    builder.Services.AddRemoteCache(cache);
    builder.Services.AddJournal(journal, coordinator.HistoryJobs, new LeaseTerms(lease, holder, lease.AddressOf(listen)));
    builder.Services.AddCoordinator(coordinator);

    var app = builder.Build();
    app.MapCoordinator();
    app.MapExecutionCapabilities();
    app.MapHealth();
    return app;
});
