using BuildFarm.Rpc.Server.Calls;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace BuildFarm.Rpc.Server.Binding;

/// <summary>Gives a call its service or interceptor.</summary>
internal abstract class ServiceActivator<T>
    where T : class
{
    public static ServiceActivator<T> Create(IServiceProvider root, Type type, object[] arguments)
    {
        var lifetime = arguments.Length > 0 ? null : root.GetRequiredService<ServiceLifetimes>().Find(type);
        return lifetime switch
        {
            ServiceLifetime.Singleton => new Single(root, type),
            null => new Made(type, arguments),
            _ => new Scoped(type),
        };
    }

    public abstract T Get(ServerCall call);

    /// <summary>One instance for all calls.</summary>
    private sealed class Single(IServiceProvider root, Type type) : ServiceActivator<T>
    {
        private T? _instance;

        public override T Get(ServerCall call) => _instance ??= (T)root.GetRequiredService(type);
    }

    /// <summary>The instance of the call's scope.</summary>
    private sealed class Scoped(Type type) : ServiceActivator<T>
    {
        public override T Get(ServerCall call) => (T)call.Http.RequestServices.GetRequiredService(type);
    }

    /// <summary>A type that is not registered: made for each call, and disposed at its end.</summary>
    private sealed class Made : ServiceActivator<T>
    {
        private readonly ObjectFactory _factory;
        private readonly object[] _arguments;
        private readonly bool _disposable;

        public Made(Type type, object[] arguments)
        {
            _factory = ActivatorUtilities.CreateFactory(type, [.. arguments.Select(argument => argument.GetType())]);
            _arguments = arguments;
            _disposable = type.IsAssignableTo(typeof(IDisposable)) || type.IsAssignableTo(typeof(IAsyncDisposable));
        }

        public override T Get(ServerCall call)
        {
            var instance = (T)_factory(call.Http.RequestServices, _arguments);
            if (_disposable)
            {
                DisposeAtEnd(call.Http.Response, instance);
            }

            return instance;
        }

        private static void DisposeAtEnd(HttpResponse response, T instance)
        {
            switch (instance)
            {
                case IAsyncDisposable disposable:
                    response.RegisterForDisposeAsync(disposable);
                    break;
                case IDisposable disposable:
                    response.RegisterForDispose(disposable);
                    break;
            }
        }
    }
}
