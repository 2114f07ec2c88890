using BuildFarm.Coordinator.Loop;
using BuildFarm.Coordinator.Why;
using BuildFarm.Scheduling.Commands;
using BuildFarm.V1;
using Grpc.Core;
using Microsoft.Extensions.Hosting;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>Jobs as clients see them: see jobs.proto for what each call promises.</summary>
public sealed class JobsService(
    SchedulerQueue queue,
    JobFinder finder,
    JobLister lister,
    JobAdmission admission,
    WaitExplainer explainer,
    ParentWaiting parents,
    ActionExplainer actions,
    IHostApplicationLifetime lifetime) : V1.Jobs.JobsBase
{
    /// <inheritdoc />
    public override async Task<SubmitJobResponse> SubmitJob(SubmitJobRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            return await admission.SubmitAsync(request, context.CancellationToken);
        }
        catch (LoopStoppedException e)
        {
            throw Unavailable(e);
        }
    }

    /// <inheritdoc />
    public override async Task<Job> GetJob(GetJobRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var found = await finder.FindAsync(request.JobId, context.CancellationToken);
        return found.Active is { } active ? await explainer.ExplainAsync(active, request.ExplainTask, context.CancellationToken) : found.Finished!.Job;
    }

    /// <inheritdoc />
    public override async Task<ListJobsResponse> ListJobs(ListJobsRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        return await lister.ListAsync(request, context.CancellationToken);
    }

    /// <inheritdoc />
    public override async System.Threading.Tasks.Task WatchJob(
        WatchJobRequest request, IServerStreamWriter<JobEvent> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            var found = await finder.FindAsync(request.JobId, ending.Token);
            // Each event waits until the client has taken the one before: a slow reader holds a position, not a queue.
            await foreach (var jobEvent in found.ReadEventsAsync(request.SinceSequence, ending.Token))
            {
                await responseStream.WriteAsync(jobEvent, ending.Token);
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the coordinator is stopping; watch again from the last sequence seen"));
        }
    }

    /// <inheritdoc />
    public override async Task<CancelJobResponse> CancelJob(CancelJobRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var found = await finder.FindAsync(request.JobId, context.CancellationToken);
        if (found.Active is { } active)
        {
            try
            {
                // A job that finished meanwhile needs no cancelling: whatever the reply, what was asked for holds.
                await queue.ExecuteAsync(CommandOf(request, active), context.CancellationToken);
            }
            catch (LoopStoppedException e)
            {
                throw Unavailable(e);
            }
        }

        return new CancelJobResponse();
    }

    /// <inheritdoc />
    public override async System.Threading.Tasks.Task WaitForChild(
        WaitForChildRequest request, IServerStreamWriter<ChildWait> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            await parents.WaitAsync(request, responseStream, context.CancellationToken);
        }
        catch (LoopStoppedException e)
        {
            throw Unavailable(e);
        }
    }

    /// <inheritdoc />
    public override async Task<ActionExplanation> ExplainAction(ExplainActionRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        return await actions.ExplainAsync(request, context.CancellationToken);
    }

    private static Command CommandOf(CancelJobRequest request, JobRecord job)
    {
        if (request.TaskNames.Count == 0)
        {
            return new CancelJob(job.Id, request.Reason);
        }

        var indices = request.TaskNames.Select(name => job.FindIndex(name)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"job {job.Id} has no task '{name}'")));
        return new CancelTasks(job.Id, [.. indices], request.Reason);
    }

    private static RpcException Unavailable(LoopStoppedException e) => new(new Status(StatusCode.Unavailable, e.Message));
}
