using System.Reflection;
using BuildFarm.Rpc.Server.Calls;
using BuildFarm.Rpc.Server.Handlers;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace BuildFarm.Rpc.Server.Binding;

/// <summary>Turns the methods of one service into endpoints. Reflection happens here, once a method; calls go through delegates.</summary>
internal sealed class ServiceMethodBinder<TService> : ServiceBinderBase
    where TService : class
{
    private readonly IEndpointRouteBuilder _endpoints;
    private readonly GrpcServiceOptions _options;
    private readonly CallSettings _settings;
    private readonly MethodRegistry _registry;
    private readonly ServiceDescriptor? _descriptor;
    private ServiceActivator<TService>? _activator;
    private readonly InterceptorPipeline _interceptors;
    private readonly List<IEndpointConventionBuilder> _mapped = [];

    public ServiceMethodBinder(IEndpointRouteBuilder endpoints, GrpcServiceOptions options)
    {
        var services = endpoints.ServiceProvider;
        _registry = services.GetService<MethodRegistry>()
            ?? throw new InvalidOperationException("gRPC is not among the services: call services.AddGrpc() before mapping gRPC services.");
        _endpoints = endpoints;
        _options = options;
        _settings = CallSettings.Create(services, options);
        _descriptor = ServiceBinding.FindDescriptor(typeof(TService));
        _interceptors = InterceptorPipeline.Create(services, options.Interceptors);
    }

    private ServiceActivator<TService> Activator => _activator ??= ServiceActivator<TService>.Create(_endpoints.ServiceProvider, typeof(TService), []);

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        if (handler is null)
        {
            var invoke = Implementation<Func<TService, TRequest, ServerCallContext, Task<TResponse>>>(method.Name, typeof(TRequest), typeof(ServerCallContext));
            var activator = Activator;
            handler = (request, context) => invoke(activator.Get(ServerCall.Of(context)), request, context);
        }

        Map(method, new UnaryCallHandler<TRequest, TResponse>(method, _settings, _interceptors.Around(handler)));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        if (handler is null)
        {
            var invoke = Implementation<Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>>>(
                method.Name, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext));
            var activator = Activator;
            handler = (requests, context) => invoke(activator.Get(ServerCall.Of(context)), requests, context);
        }

        Map(method, new ClientStreamingCallHandler<TRequest, TResponse>(method, _settings, _interceptors.Around(handler)));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        if (handler is null)
        {
            var invoke = Implementation<Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task>>(
                method.Name, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
            var activator = Activator;
            handler = (request, responses, context) => invoke(activator.Get(ServerCall.Of(context)), request, responses, context);
        }

        Map(method, new ServerStreamingCallHandler<TRequest, TResponse>(method, _settings, _interceptors.Around(handler)));
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        if (handler is null)
        {
            var invoke = Implementation<Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task>>(
                method.Name, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
            var activator = Activator;
            handler = (requests, responses, context) => invoke(activator.Get(ServerCall.Of(context)), requests, responses, context);
        }

        Map(method, new DuplexStreamingCallHandler<TRequest, TResponse>(method, _settings, _interceptors.Around(handler)));
    }

    /// <summary>Maps the endpoint of unknown methods, once a server, and returns the conventions of the service's endpoints.</summary>
    public GrpcServiceEndpointConventionBuilder Finish()
    {
        if (_options.IgnoreUnknownServices != true && _registry.TryClaimUnknown())
        {
            UnknownMethodEndpoint.Map(_endpoints, _registry, _settings);
        }

        return new GrpcServiceEndpointConventionBuilder(_mapped);
    }

    private static TDelegate Implementation<TDelegate>(string name, params Type[] parameters)
        where TDelegate : Delegate
    {
        var method = FindMethod(name, parameters)
            ?? throw new InvalidOperationException($"{typeof(TService)} has no public method {name}({string.Join(", ", parameters.Select(p => p.Name))}).");
        return method.CreateDelegate<TDelegate>();
    }

    private static MethodInfo? FindMethod(string name, Type[] parameters) =>
        typeof(TService).GetMethod(name, BindingFlags.Public | BindingFlags.Instance, parameters);

    private void Map<TRequest, TResponse>(Method<TRequest, TResponse> method, CallHandler<TRequest, TResponse> handler)
        where TRequest : class
        where TResponse : class
    {
        var implementation = typeof(TService).GetMethods().FirstOrDefault(candidate =>
            candidate.Name == method.Name && candidate.GetParameters().LastOrDefault()?.ParameterType == typeof(ServerCallContext));
        object[] attributes = [.. typeof(TService).GetCustomAttributes(inherit: true), .. implementation?.GetCustomAttributes(inherit: true) ?? []];
        var endpoint = _endpoints.Map(RoutePatternFactory.Parse(method.FullName), handler.HandleAsync)
            .WithDisplayName($"gRPC {method.FullName}")
            .WithMetadata([.. attributes, new GrpcMethodMetadata(typeof(TService), method)]);
        _registry.Add(method, _descriptor);
        _mapped.Add(endpoint);
    }
}
