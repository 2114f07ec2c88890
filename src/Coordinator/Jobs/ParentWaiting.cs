using BuildFarm.Coordinator.Loop;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Commands;
using BuildFarm.V1;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>One call of a process inside an attempt that waits for a child: the wait lasts as long as the call.</summary>
public sealed class ParentWaiting(SchedulerQueue queue, ChildWaits waits, JobFinder finder, ExecutionNames names, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan DefaultBound = TimeSpan.FromSeconds(10);

    /// <summary>The lease of a parent as clients name it.</summary>
    /// <exception cref="RpcException">NOT_FOUND: the name is none of this farm's.</exception>
    public static Scheduling.Lease LeaseOf(ParentAttempt? parent, ExecutionNames names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return parent is not null && names.Find(parent.ExecutionId) is { } execution
            ? new Scheduling.Lease(execution, parent.Epoch)
            : throw new RpcException(new Status(StatusCode.NotFound, $"parent: no attempt of '{parent?.ExecutionId}' is known here"));
    }

    /// <summary>Says the one answer when the attempt has its CPU back; after RUN_LOCALLY lasts until the caller is done.</summary>
    /// <exception cref="RpcException">See jobs.proto.</exception>
    public async Task WaitAsync(WaitForChildRequest request, IServerStreamWriter<ChildWait> responses, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responses);
        var lease = LeaseOf(request.Parent, names);
        var bound = BoundOf(request);
        var found = await finder.FindAsync(request.JobId, cancellationToken);
        var child = found.Active?.Id ?? new JobId(found.Finished!.Job.JobId);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        var (wait, answer) = waits.Open();
        try
        {
            await queue.PostAsync(new WaitForChild(lease, wait, child, request.CpuMillis, bound), ending.Token);
            var said = await answer.WaitAsync(ending.Token);
            await responses.WriteAsync(new ChildWait { Answer = (V1.ChildAnswer)said }, ending.Token);
            if (said == Scheduling.ChildAnswer.RunLocally)
            {
                // The caller works, and ends the call when it is done.
                await new TaskCompletionSource().Task.WaitAsync(ending.Token);
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the coordinator is stopping; wait again"));
        }
        finally
        {
            waits.Close(wait);
            await EndAsync(lease, wait);
        }
    }

    private async Task EndAsync(Scheduling.Lease lease, long wait)
    {
        try
        {
            await queue.PostAsync(new EndWait(lease, wait), lifetime.ApplicationStopping);
        }
        catch (Exception e) when (e is LoopStoppedException or OperationCanceledException)
        {
            // The coordinator goes away; the next one ends waits whose calls are gone.
        }
    }

    private static TimeSpan BoundOf(WaitForChildRequest request)
    {
        if (request.Bound is not { } bound)
        {
            return DefaultBound;
        }

        return TaskTemplateValidator.IsDuration(bound) && bound.ToTimeSpan() > TimeSpan.Zero
            ? bound.ToTimeSpan()
            : throw new RpcException(new Status(StatusCode.InvalidArgument, "bound must be above 0"));
    }
}
