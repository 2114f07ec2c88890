using Microsoft.Extensions.DependencyInjection;

namespace Grpc.AspNetCore.Server;

/// <summary>What <c>AddGrpc</c> returns, for further configuration.</summary>
public interface IGrpcServerBuilder
{
    /// <summary>The services that gRPC was added to.</summary>
    IServiceCollection Services { get; }
}
