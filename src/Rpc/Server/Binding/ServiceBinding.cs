using System.Reflection;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace BuildFarm.Rpc.Server.Binding;

/// <summary>Finds what the code generator left on a service's base: its <c>BindService</c> method and its descriptor.</summary>
internal static class ServiceBinding
{
    /// <summary>Calls <c>BindService(binder, null)</c>: the generated code then gives every method without a handler.</summary>
    public static void Bind<TService>(ServiceBinderBase binder)
        where TService : class
    {
        var (attribute, serviceBase) = FindAttribute(typeof(TService))
            ?? throw new InvalidOperationException($"{typeof(TService)} is not a gRPC service: no base of it has [BindServiceMethod]. Derive it from a generated service base.");
        var bind = attribute.BindType.GetMethod(
            attribute.BindMethodName,
            BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static,
            [typeof(ServiceBinderBase), serviceBase])
            ?? throw new InvalidOperationException($"{attribute.BindType} has no static {attribute.BindMethodName}(ServiceBinderBase, {serviceBase.Name}); generate it with grpc_csharp_plugin.");
        bind.CreateDelegate<Action<ServiceBinderBase, TService?>>()(binder, null);
    }

    /// <summary>The protobuf descriptor of a service; null for one that was not generated.</summary>
    public static ServiceDescriptor? FindDescriptor(Type serviceType) =>
        FindAttribute(serviceType)?.Attribute.BindType
            .GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) as ServiceDescriptor;

    private static (BindServiceMethodAttribute Attribute, Type ServiceBase)? FindAttribute(Type serviceType)
    {
        for (var type = serviceType; type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { } attribute)
            {
                return (attribute, type);
            }
        }

        return null;
    }
}
