using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server;

/// <summary>Starts a service's options from the server's.</summary>
internal sealed class GrpcServiceOptionsSetup<TService>(IOptions<GrpcServiceOptions> server) : IConfigureOptions<GrpcServiceOptions<TService>>
    where TService : class
{
    public void Configure(GrpcServiceOptions<TService> options) => server.Value.CopyTo(options);
}
