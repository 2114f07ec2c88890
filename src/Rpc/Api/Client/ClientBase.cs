using System.Diagnostics;
using Grpc.Core.Interceptors;

namespace Grpc.Core;

/// <summary>The base of generated clients.</summary>
[DebuggerDisplay("{CallInvoker}")]
public abstract class ClientBase
{
    /// <summary>A client without a channel, for mocks: every call throws <see cref="NotSupportedException"/>.</summary>
    protected ClientBase()
        : this(UnimplementedCallInvoker.Instance)
    {
    }

    /// <summary>A client from a configuration.</summary>
    protected ClientBase(ClientBaseConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Configuration = configuration;
        CallInvoker = configuration.CreateCallInvoker();
    }

    /// <summary>A client on a channel.</summary>
    protected ClientBase(ChannelBase channel)
        : this((channel ?? throw new ArgumentNullException(nameof(channel))).CreateCallInvoker())
    {
    }

    /// <summary>A client on an invoker.</summary>
    protected ClientBase(CallInvoker callInvoker)
        : this(new ClientBaseConfiguration(callInvoker, null))
    {
    }

    /// <summary>What generated methods start calls with.</summary>
    protected CallInvoker CallInvoker { get; }

    internal ClientBaseConfiguration Configuration { get; }

    /// <summary>An invoker and the host (authority) that the client puts on its calls.</summary>
    protected internal class ClientBaseConfiguration
    {
        private readonly CallInvoker _invoker;
        private readonly string? _host;

        internal ClientBaseConfiguration(CallInvoker callInvoker, string? host)
        {
            ArgumentNullException.ThrowIfNull(callInvoker);
            _invoker = callInvoker;
            _host = host;
        }

        /// <summary>The plain invoker when there is no host, because a decorator costs allocations on every call.</summary>
        internal CallInvoker CreateCallInvoker() => _host is null ? _invoker : _invoker.Intercept(new HostInterceptor(_host));

        internal ClientBaseConfiguration WithHost(string host)
        {
            ArgumentNullException.ThrowIfNull(host);
            return new ClientBaseConfiguration(_invoker, host);
        }
    }
}
