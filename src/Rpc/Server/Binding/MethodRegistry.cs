using System.Collections.Concurrent;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace BuildFarm.Rpc.Server.Binding;

/// <summary>The services that the server has mapped, for reflection and for telling an unknown service from an unknown method.</summary>
internal sealed class MethodRegistry
{
    private readonly ConcurrentDictionary<string, ServiceDescriptor?> _services = new(StringComparer.Ordinal);
    private int _unknownMapped;

    /// <summary>Full names of the services, sorted.</summary>
    public IReadOnlyList<string> ServiceNames => [.. _services.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Descriptors of the services that were generated from protobuf.</summary>
    public IEnumerable<ServiceDescriptor> Descriptors => _services.Values.OfType<ServiceDescriptor>();

    public void Add(IMethod method, ServiceDescriptor? descriptor) =>
        _services.AddOrUpdate(method.ServiceName, descriptor, (_, known) => known ?? descriptor);

    public bool HasService(string name) => _services.ContainsKey(name);

    /// <summary>True for the first caller, who maps the endpoint of unknown methods.</summary>
    public bool TryClaimUnknown() => Interlocked.Exchange(ref _unknownMapped, 1) == 0;
}
