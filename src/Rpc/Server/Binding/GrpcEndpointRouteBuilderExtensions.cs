using BuildFarm.Rpc.Server.Binding;
using BuildFarm.Rpc.Server.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps gRPC services to endpoints.</summary>
public static class GrpcEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps all methods of a service. <typeparamref name="TService"/> derives from a generated base, or has another
    /// <see cref="BindServiceMethodAttribute"/>; it comes from the container, or is made for each call when it is not registered.
    /// </summary>
    /// <exception cref="InvalidOperationException"><c>AddGrpc</c> has not been called, or the type is not a gRPC service.</exception>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService<TService>(this IEndpointRouteBuilder builder)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = builder.ServiceProvider.GetRequiredService<IOptions<GrpcServiceOptions>>().Value;
        if (builder.ServiceProvider.GetServices<IConfigureOptions<GrpcServiceOptions<TService>>>().Any())
        {
            options = builder.ServiceProvider.GetRequiredService<IOptions<GrpcServiceOptions<TService>>>().Value;
        }

        var binder = new ServiceMethodBinder<TService>(builder, options);
        ServiceBinding.Bind<TService>(binder);
        return binder.Finish();
    }

    /// <summary>Maps the methods of a definition, whose handlers serve all calls.</summary>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService(this IEndpointRouteBuilder builder, ServerServiceDefinition serviceDefinition)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(serviceDefinition);
        var options = builder.ServiceProvider.GetRequiredService<IOptions<GrpcServiceOptions>>().Value;
        var binder = new ServiceMethodBinder<ServerServiceDefinition>(builder, options);
        serviceDefinition.BindService(binder);
        return binder.Finish();
    }

    /// <summary>Maps <c>grpc.health.v1</c>; needs <c>AddGrpcHealth</c>.</summary>
    public static GrpcServiceEndpointConventionBuilder MapGrpcHealthService(this IEndpointRouteBuilder builder) =>
        builder.MapGrpcService<HealthServiceImpl>();

    /// <summary>
    /// Maps server reflection, v1 and v1alpha; needs <c>AddGrpcReflection</c>. It tells everyone who can connect which services there are.
    /// </summary>
    public static GrpcServiceEndpointConventionBuilder MapGrpcReflectionService(this IEndpointRouteBuilder builder) =>
        new([builder.MapGrpcService<ReflectionV1Service>(), builder.MapGrpcService<ReflectionV1AlphaService>()]);
}
