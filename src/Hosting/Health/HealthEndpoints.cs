using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace BuildFarm.Hosting.Health;

/// <summary>The two questions a supervisor asks over HTTP.</summary>
public static class HealthEndpoints
{
    /// <summary>
    /// <c>GET /healthz</c>: 200 while the process can answer at all; never depends on another service, or a lost database
    /// would restart every pod. <c>GET /readyz</c>: 200 when traffic should come, else 503 and the reason in one line.
    /// </summary>
    public static IEndpointRouteBuilder MapHealth(this IEndpointRouteBuilder endpoints)
    {
        var readiness = endpoints.ServiceProvider.GetRequiredService<Readiness>();
        endpoints.MapGet("/healthz", () => Results.Text("alive\n"));
        endpoints.MapGet("/readyz", () => Results.Text(
            readiness.Describe() + "\n",
            statusCode: readiness.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable));
        return endpoints;
    }
}
