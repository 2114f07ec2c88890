using Grpc.HealthCheck;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace BuildFarm.Hosting.Health;

/// <summary>The questions a supervisor asks, over HTTP and over gRPC.</summary>
public static class HealthEndpoints
{
    /// <summary>
    /// <c>GET /healthz</c>: 200 while the process can answer at all; never depends on another service, or a lost database
    /// would restart every pod. <c>GET /readyz</c>: 200 when traffic should come, else 503 and the reason in one line.
    /// <c>grpc.health.v1</c> says for the empty service name what <c>/readyz</c> says, and server reflection says what is served.
    /// </summary>
    public static IEndpointRouteBuilder MapHealth(this IEndpointRouteBuilder endpoints)
    {
        var readiness = endpoints.ServiceProvider.GetRequiredService<Readiness>();
        endpoints.MapGet("/healthz", () => Results.Text("alive\n"));
        endpoints.MapGet("/readyz", () => Results.Text(
            readiness.Describe() + "\n",
            statusCode: readiness.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable));
        Follow(readiness, endpoints.ServiceProvider.GetRequiredService<HealthServiceImpl>());
        endpoints.MapGrpcHealthService();
        endpoints.MapGrpcReflectionService();
        return endpoints;
    }

    // Gates may open on several threads at once; whoever tells last has looked last.
    private static void Follow(Readiness readiness, HealthServiceImpl health)
    {
        var gate = new Lock();
        void Tell()
        {
            lock (gate)
            {
                health.SetStatus(string.Empty, readiness.IsReady ? ServingStatus.Serving : ServingStatus.NotServing);
            }
        }

        readiness.Changed += Tell;
        Tell();
    }
}
