using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Decorators;
using BuildFarm.BlobStore.Disk;
using BuildFarm.BlobStore.Remote;
using BuildFarm.Hosting;
using BuildFarm.Hosting.Configuration;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Coordinator;

/// <summary>The stores of a coordinator that stands alone: the cache service's, or executed results of its own without its key.</summary>
internal static class RemoteCacheServices
{
    public static IServiceCollection AddRemoteCache(this IServiceCollection services, RemoteCacheOptions options)
    {
        services.AddSingleton(_ =>
        {
            var channelOptions = FarmChannel.Options();
            channelOptions.ServiceConfig = RetryWhileUnavailable();
            return GrpcChannel.ForAddress(options.Address, channelOptions);
        });
        services.AddSingleton<IBlobStore>(provider => new VerifyingBlobStore(
            new RemoteBlobStore(provider.GetRequiredService<GrpcChannel>().CreateCallInvoker(), options.Instance), "the cache"));
        services.AddSingleton(provider => new RemoteOutage(
            options.Patience, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<RemoteOutage>>()));
        if (options.KeyFile.Length > 0)
        {
            var key = KeyFile.Read(options.KeyFile);
            return services.AddSingleton<IActionCache>(provider => new RemoteActionCache(provider.GetRequiredService<GrpcChannel>().CreateCallInvoker(), key));
        }

        services.AddSingleton(_ => StoreDirectory.Open(options.ActionCacheDirectory));
        services.AddSingleton<IActionCache>(provider => DiskActionCache.Open(
            provider.GetRequiredService<StoreDirectory>(),
            new DiskActionCacheOptions(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<DiskActionCache>>()));
        return services;
    }

    private static ServiceConfig RetryWhileUnavailable() => new()
    {
        MethodConfigs =
        {
            new MethodConfig
            {
                Names = { MethodName.Default },
                RetryPolicy = new RetryPolicy
                {
                    MaxAttempts = 5,
                    InitialBackoff = TimeSpan.FromMilliseconds(100),
                    MaxBackoff = TimeSpan.FromSeconds(5),
                    BackoffMultiplier = 2,
                    RetryableStatusCodes = { StatusCode.Unavailable },
                },
            },
        },
    };
}
