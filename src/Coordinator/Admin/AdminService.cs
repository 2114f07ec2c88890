using BuildFarm.BlobStore.Actions;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Loop;
using BuildFarm.Coordinator.Workers;
using BuildFarm.Scheduling;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using WorkerCondition = BuildFarm.V1.WorkerCondition;

namespace BuildFarm.Coordinator.Admin;

/// <summary>What an operator asks.</summary>
public sealed class AdminService(
    SchedulerQueue queue,
    JobTable jobs,
    WorkerFacts facts,
    HomeKeeper homes,
    InstanceEnvironments environments,
    CoordinatorOptions options) : V1.Admin.AdminBase
{
    /// <inheritdoc />
    public override async Task<ListWorkersResponse> ListWorkers(ListWorkersRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            var (workers, pools) = await queue.QueryAsync(state => (state.Workers(), state.Pools()), context.CancellationToken);
            facts.KeepOnly(workers.Select(worker => worker.Id.Value).ToHashSet(StringComparer.Ordinal));
            return new ListWorkersResponse { Workers = { workers.Select(Present) }, Pools = { pools.Select(Present) } };
        }
        catch (LoopStoppedException e)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, e.Message));
        }
    }

    /// <inheritdoc />
    public override async Task<ReleaseWorkerResponse> ReleaseWorker(ReleaseWorkerRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            var command = new Scheduling.Commands.ReleaseWorker(new WorkerId(request.WorkerId));
            return await queue.ExecuteAsync(command, context.CancellationToken) is Scheduling.Effects.WorkerRefused refused
                ? throw new RpcException(new Status(StatusCode.NotFound, refused.Reason))
                : new ReleaseWorkerResponse();
        }
        catch (LoopStoppedException e)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, e.Message));
        }
    }

    /// <inheritdoc />
    public override async Task<ListHomesResponse> ListHomes(ListHomesRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            return await homes.ListAsync(context.CancellationToken);
        }
        catch (LoopStoppedException e)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, e.Message));
        }
    }

    /// <inheritdoc />
    public override async Task<RemoveHomeResponse> RemoveHome(RemoveHomeRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            return await homes.RemoveAsync(request, context.CancellationToken);
        }
        catch (LoopStoppedException e)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, e.Message));
        }
    }

    /// <inheritdoc />
    public override System.Threading.Tasks.Task<Farm> GetFarm(GetFarmRequest request, ServerCallContext context) => System.Threading.Tasks.Task.FromResult(new Farm
    {
        Version = typeof(AdminService).Assembly.GetName().Version?.ToString(3) ?? "",
        Environment = environments.TryGet(options.Instances[0]) ?? "",
        HttpUrl = options.PublicHttpUrl,
        CacheUrl = options.PublicCacheUrl,
    });

    private WorkerInfo Present(WorkerView worker) => new()
    {
        WorkerId = worker.Id.Value,
        Offer = facts.Find(worker.Id.Value) ?? new V1.WorkerOffer { Pool = worker.Offer.Pool, Capacity = ResourceMessages.ToProto(worker.Offer.Capacity) },
        Condition = worker.Condition switch
        {
            Scheduling.WorkerCondition.Ready => WorkerCondition.Ready,
            Scheduling.WorkerCondition.Draining => WorkerCondition.Draining,
            Scheduling.WorkerCondition.Evicted => WorkerCondition.Evicted,
            Scheduling.WorkerCondition.Quarantined => WorkerCondition.Quarantined,
            // A worker whose stream broke is as good as lost to whoever asks, until it is back.
            _ => WorkerCondition.Lost,
        },
        InUse = ResourceMessages.ToProto(worker.InUse),
        Running = { worker.Running.Select(NameOf) },
        LinkedAt = worker.LinkedAt.ToTimestamp(),
        LastHeardAt = worker.LastHeardAt.ToTimestamp(),
        Disconnects = worker.Disconnects,
        Evicted = worker.Evicted,
        Reason = worker.Condition == Scheduling.WorkerCondition.Draining && facts.DrainReason(worker.Id.Value) is { Length: > 0 } drains ? drains : worker.Reason,
    };

    private static PoolInfo Present(PoolView pool)
    {
        var info = new PoolInfo { Name = pool.Spec.Name, Workers = pool.Workers, Queued = pool.Queued };
        foreach (var (name, value) in pool.Spec.Platform.Properties)
        {
            info.Platform.Add(name, value);
        }

        return info;
    }

    private string NameOf(TaskId task) =>
        jobs.Find(task.Job) is { } job ? $"{job.Id}/{job.Spec.Tasks[task.Index].Name}" : task.ToString();
}
