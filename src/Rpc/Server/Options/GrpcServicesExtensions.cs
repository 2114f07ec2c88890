using BuildFarm.Rpc.Server.Binding;
using BuildFarm.Rpc.Server.Hosting;
using BuildFarm.Rpc.Server.Reflection;
using BuildFarm.Rpc.Server.Telemetry;
using Grpc.AspNetCore.Server;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds gRPC to a server's services.</summary>
public static class GrpcServicesExtensions
{
    /// <summary>Adds what <c>MapGrpcService</c> needs, and gives Kestrel the memory pool for it: call it after Kestrel is added, as every builder of a web application does.</summary>
    public static IGrpcServerBuilder AddGrpc(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddRouting();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<RpcServerMetrics>();
        services.TryAddSingleton<MethodRegistry>();
        services.TryAddSingleton(new ServiceLifetimes(services));
        services.Replace(ServiceDescriptor.Singleton<IMemoryPoolFactory<byte>, TransportBlockPoolFactory>());
        return new Builder(services);
    }

    /// <summary>Adds what <c>MapGrpcService</c> needs, and configures all services.</summary>
    public static IGrpcServerBuilder AddGrpc(this IServiceCollection services, Action<GrpcServiceOptions> configureOptions)
    {
        services.Configure(configureOptions);
        return services.AddGrpc();
    }

    /// <summary>Adds the service that <c>MapGrpcHealthService</c> maps; set statuses on <see cref="HealthServiceImpl"/> from the container.</summary>
    public static IServiceCollection AddGrpcHealth(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => new HealthServiceImpl(provider.GetRequiredService<IHostApplicationLifetime>()));
        return services;
    }

    /// <summary>Adds the services that <c>MapGrpcReflectionService</c> maps.</summary>
    public static IServiceCollection AddGrpcReflection(this IServiceCollection services)
    {
        services.TryAddSingleton<ReflectionAnswers>();
        services.TryAddSingleton<ReflectionV1Service>();
        services.TryAddSingleton<ReflectionV1AlphaService>();
        return services;
    }

    /// <summary>Configures one service.</summary>
    public static IGrpcServerBuilder AddServiceOptions<TService>(this IGrpcServerBuilder grpcBuilder, Action<GrpcServiceOptions<TService>> configure)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(grpcBuilder);
        grpcBuilder.Services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IConfigureOptions<GrpcServiceOptions<TService>>, GrpcServiceOptionsSetup<TService>>());
        grpcBuilder.Services.Configure(configure);
        return grpcBuilder;
    }

    private sealed class Builder(IServiceCollection services) : IGrpcServerBuilder
    {
        public IServiceCollection Services => services;
    }
}
