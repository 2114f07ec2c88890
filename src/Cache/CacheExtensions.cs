using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Actions;
using BuildFarm.Cache.Admin;
using BuildFarm.Cache.Capabilities;
using BuildFarm.Cache.Cas;
using BuildFarm.Cache.Chunks;
using BuildFarm.Cache.Http;
using BuildFarm.Cache.Results;
using BuildFarm.Cache.Streams;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Cache;

/// <summary>The cache as a part of a host.</summary>
public static class CacheExtensions
{
    /// <summary>
    /// Adds the cache's services and its stores: <see cref="BlobStores"/> and, out of it, <see cref="IFileBlobStore"/>, <see cref="IOwnedBlobStore"/>,
    /// <see cref="IBlobStore"/>, <see cref="IActionCache"/> and <c>ILogStore</c>. Where the options give no environment,
    /// <see cref="InstanceEnvironments"/> waits to be told.
    /// </summary>
    public static IServiceCollection AddCache(this IServiceCollection services, CacheOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddStores(options);
        services.AddSingleton<TreeReader>();
        services.AddSingleton<BlobSplitter>();
        services.AddSingleton<InterruptedUploads>();
        services.AddSingleton<UploadsInFlight>();
        services.AddSingleton<BlobReceiver>();
        services.AddSingleton<BlobSender>();
        services.AddSingleton<RpcErrors>();
        services.AddSingleton<AssertedResults>();
        services.AddSingleton<HttpBlobs>();
        services.AddSingleton<HttpResults>();
        services.AddSingleton<HttpKeys>();
        services.AddService<ByteStreamService>();
        services.AddService<ContentAddressableStorageService>();
        services.AddService<ActionCacheService>();
        services.AddService<CapabilitiesService>();
        services.AddService<CacheAdminService>();
        services.AddHostedService<StoreUpkeep>();
        if (options.CoordinatorKeyFile.Length > 0)
        {
            services.AddSingleton<CoordinatorKey>();
            services.AddService<ExecutedResultsService>();
            services.AddService<CacheNodeService>();
        }

        return services;
    }

    /// <summary>Opens the stores and maps the cache's services: over gRPC, and over HTTP what <see cref="HttpCacheEndpoints"/> says.</summary>
    /// <exception cref="IOException">The stores' directory cannot be used, or another process does.</exception>
    public static IEndpointRouteBuilder MapCache(this IEndpointRouteBuilder endpoints)
    {
        // Opening reads the disk, mapping compiles code: a start waits for the longer of the two.
        var opening = Task.Run(endpoints.ServiceProvider.GetRequiredService<BlobStores>);
        endpoints.MapHttpCache();
        endpoints.MapGrpcService<ByteStreamService>();
        endpoints.MapGrpcService<ContentAddressableStorageService>();
        endpoints.MapGrpcService<ActionCacheService>();
        endpoints.MapGrpcService<CapabilitiesService>();
        endpoints.MapGrpcService<CacheAdminService>();
        opening.GetAwaiter().GetResult();
        if (endpoints.ServiceProvider.GetService<ExecutedResultsService>() is not null)
        {
            endpoints.MapGrpcService<ExecutedResultsService>();
            endpoints.MapGrpcService<CacheNodeService>();
        }

        return endpoints;
    }

    private static void AddStores(this IServiceCollection services, CacheOptions options)
    {
        services.AddSingleton(provider => BlobStoreFactory.OpenOwner(
            options.ToStoreOptions(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton(provider => provider.GetRequiredService<BlobStores>().Files);
        services.AddSingleton(provider => provider.GetRequiredService<BlobStores>().Owned!);
        services.AddSingleton(provider => provider.GetRequiredService<BlobStores>().Keys!);
        services.AddSingleton<IBlobStore>(provider => provider.GetRequiredService<BlobStores>().Files);
        services.AddSingleton(provider => provider.GetRequiredService<BlobStores>().Logs);
        services.AddSingleton(provider => provider.GetRequiredService<BlobStores>().ActionCache!);
        if (options.Environment is { } environment)
        {
            services.TryAddSingleton<IInstanceEnvironment>(new FixedEnvironment(environment));
        }

        services.TryAddSingleton<InstanceEnvironments>();
        services.TryAddSingleton<IInstanceEnvironment>(provider => provider.GetRequiredService<InstanceEnvironments>());
    }

    private static void AddService<TService>(this IServiceCollection services)
        where TService : class
    {
        services.AddSingleton<TService>();
        services.AddGrpc().AddServiceOptions<TService>(grpc =>
        {
            grpc.MaxReceiveMessageSize = Limits.MessageBytes;
            grpc.Interceptors.Add<RpcErrors>();
        });
    }
}
