using BuildFarm.Coordinator.History;
using BuildFarm.Coordinator.Loop;
using BuildFarm.V1;
using Grpc.Core;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>Lists running and finished jobs as one list, the newest first.</summary>
public sealed class JobLister(SchedulerQueue queue, JobTable table, IJobHistory history)
{
    private const int DefaultPage = 50;
    private const int LargestPage = 1000;

    /// <exception cref="RpcException">INVALID_ARGUMENT: the page size or the token is none; UNAVAILABLE: the coordinator is going away.</exception>
    public async Task<ListJobsResponse> ListAsync(ListJobsRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.PageSize is < 0 or > LargestPage)
        {
            throw Error($"page_size {request.PageSize} is not between 0 and {LargestPage}");
        }

        var size = request.PageSize == 0 ? DefaultPage : request.PageSize;
        var position = request.PageToken.Length == 0 ? JobListPosition.Start
            : JobListPosition.TryParse(request.PageToken) ?? throw Error("page_token is none of this service's");

        await queue.OpenedOrUnavailableAsync(cancellationToken);

        // One more than the page, to know whether another one follows.
        var active = table.All.Select(job => (Position: new JobListPosition(job.SubmittedAt, job.Id.Value), Job: job.ToJob(withTasks: false)));
        var finished = await history.ListAsync(position, size + 1, cancellationToken);
        var page = active.Concat(finished.Select(job => (Position: new JobListPosition(job.SubmittedAt.ToDateTimeOffset(), job.JobId), Job: job)))
            .Where(job => job.Position > position)
            .DistinctBy(job => job.Job.JobId, StringComparer.Ordinal)
            .OrderBy(job => job.Position)
            .Take(size + 1)
            .ToList();
        var response = new ListJobsResponse { Jobs = { page.Take(size).Select(job => job.Job) } };
        if (page.Count > size)
        {
            response.NextPageToken = page[size - 1].Position.ToString();
        }

        return response;
    }

    private static RpcException Error(string message) => new(new Status(StatusCode.InvalidArgument, message));
}
