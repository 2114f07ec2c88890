using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Cache;
using BuildFarm.Hosting;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ListenOptions = BuildFarm.Hosting.Configuration.ListenOptions;

namespace BuildFarm.Bench.Cache;

/// <summary>A server in this process, the cache's or the floor's, and clients of it.</summary>
internal sealed class CacheServer : IAsyncDisposable
{
    private const int LargestAnswer = 16 << 20;

    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;

    private CacheServer(WebApplication app)
    {
        _app = app;
        _channel = GrpcChannel.ForAddress(app.Urls.First(), new GrpcChannelOptions { MaxReceiveMessageSize = LargestAnswer });
        Cas = new ContentAddressableStorage.ContentAddressableStorageClient(_channel);
        Results = new ActionCache.ActionCacheClient(_channel);
    }

    public ContentAddressableStorage.ContentAddressableStorageClient Cas { get; }

    public ActionCache.ActionCacheClient Results { get; }

    /// <summary>The cache service as it ships.</summary>
    public static Task<CacheServer> StartAsync(string directory) => StartAsync(
        services => services.AddCache(new CacheOptions { Directory = directory, AllowClientUpdates = true, Environment = "bench" }), static app => app.MapCache());

    /// <summary>What answers the same without a store.</summary>
    public static Task<CacheServer> StartFloorAsync(FloorAnswers answers) => StartAsync(
        services => services.AddSingleton(answers).AddSingleton<FloorCas>().AddSingleton<FloorResults>()
            .AddGrpc(static grpc => grpc.MaxReceiveMessageSize = LargestAnswer),
        static app =>
        {
            app.MapGrpcService<FloorCas>();
            app.MapGrpcService<FloorResults>();
        });

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _app.DisposeAsync();
    }

    private static async Task<CacheServer> StartAsync(Action<IServiceCollection> add, Action<WebApplication> map)
    {
        var builder = FarmHost.CreateBuilder("buildfarm-bench", []);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseFarmEndpoints(new ListenOptions { Grpc = "127.0.0.1:0", Http = "" });
        add(builder.Services);
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        return new CacheServer(app);
    }
}
