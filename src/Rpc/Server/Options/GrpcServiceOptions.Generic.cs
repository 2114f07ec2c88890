namespace Grpc.AspNetCore.Server;

/// <summary>Options of one service. They start as a copy of the server's; interceptors added here go inside the server's.</summary>
public class GrpcServiceOptions<TService> : GrpcServiceOptions
    where TService : class
{
}
