using BuildFarm.Cache;
using BuildFarm.Hosting;
using BuildFarm.Hosting.Configuration;
using BuildFarm.Hosting.Health;

return await FarmHost.RunAsync(() =>
{
    var builder = FarmHost.CreateBuilder("buildfarm-cache", args);
    var configuration = new OptionsReader(builder.Configuration);
    var listen = configuration.Read<ListenOptions>("Listen");
    var cache = configuration.Read<CacheOptions>("Cache");
    configuration.ThrowIfAnyProblem();

    builder.WebHost.UseFarmEndpoints(listen);
    builder.Services.AddCache(cache);

    var app = builder.Build();
    app.MapCache();
    app.MapHealth();
    return app;
});
