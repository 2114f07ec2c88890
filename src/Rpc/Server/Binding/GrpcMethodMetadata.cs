using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>On each gRPC endpoint: the method and the service that handles it.</summary>
public sealed class GrpcMethodMetadata
{
    /// <summary>Makes metadata.</summary>
    public GrpcMethodMetadata(Type serviceType, IMethod method)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        ArgumentNullException.ThrowIfNull(method);
        ServiceType = serviceType;
        Method = method;
    }

    /// <summary>The type that handles calls.</summary>
    public Type ServiceType { get; }

    /// <summary>The method.</summary>
    public IMethod Method { get; }
}
