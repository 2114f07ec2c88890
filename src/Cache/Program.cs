using BuildFarm.Cache;
using BuildFarm.Hosting;
using BuildFarm.Hosting.Configuration;
using BuildFarm.Hosting.Health;

var commandLine = new ServiceCommandLine(
    "BuildFarm.Cache",
    "The cache: holds blobs, action results and logs for everybody.",
    ("Listen", typeof(ListenOptions)),
    ("Shutdown", typeof(ShutdownOptions)),
    ("Cache", typeof(CacheOptions)));
return commandLine.Answer(args, Console.Out, Console.Error) ?? await FarmHost.RunAsync(() =>
{
    var builder = FarmHost.CreateBuilder("buildfarm-cache", args);
    var configuration = new OptionsReader(builder.Configuration);
    var listen = configuration.Read<ListenOptions>("Listen");
    var shutdown = configuration.Read<ShutdownOptions>("Shutdown");
    var cache = configuration.Read<CacheOptions>("Cache");
    configuration.ThrowIfAnyProblem();

    builder.WebHost.UseFarmEndpoints(listen);
    builder.Services.UseShutdown(shutdown);
    builder.Services.AddCache(cache);

    var app = builder.Build();
    app.MapCache();
    app.MapHealth();
    return app;
});
