using BuildFarm.Coordinator.Jobs;
using BuildFarm.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace BuildFarm.Coordinator.Web;

/// <summary>What a browser or curl sees: plain text, one row a job and one row a task.</summary>
internal static class Pages
{
    private const int ListedJobs = 50;

    public static void MapPages(this IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        endpoints.MapGet("/", (CancellationToken stop) => ListAsync(services.GetRequiredService<JobLister>(), stop));
        endpoints.MapGet("/runs/{id}", (string id, CancellationToken stop) =>
            ShowAsync(id, services.GetRequiredService<JobFinder>(), services.GetRequiredService<WaitExplainer>(), stop));
    }

    private static async Task<IResult> ListAsync(JobLister lister, CancellationToken cancellationToken)
    {
        var list = await lister.ListAsync(new ListJobsRequest { PageSize = ListedJobs }, cancellationToken);
        return Results.Text(JobText.OfList(list.Jobs));
    }

    private static async Task<IResult> ShowAsync(string id, JobFinder finder, WaitExplainer explainer, CancellationToken cancellationToken)
    {
        try
        {
            var found = await finder.FindAsync(id, cancellationToken);
            var job = found.Active is { } active ? await explainer.ExplainAsync(active, only: "", cancellationToken) : found.Finished!.Job;
            return Results.Text(JobText.OfJob(job));
        }
        catch (RpcException e)
        {
            return Results.Text(e.Status.Detail + "\n", statusCode: StatusCodes.Status404NotFound);
        }
    }
}
