using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Loop;
using BuildFarm.Coordinator.Workers;
using BuildFarm.Scheduling;
using BuildFarm.V1;
using Grpc.Core;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Admin;

/// <summary>Lists kept homes, and has them removed by the workers that keep them.</summary>
public sealed class HomeKeeper(SchedulerQueue queue, JobTable jobs, WorkerHomes homes, LinkRegistry links, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <exception cref="LoopStoppedException">The coordinator is going away.</exception>
    public async Task<ListHomesResponse> ListAsync(CancellationToken cancellationToken)
    {
        var users = await UsersAsync(cancellationToken);
        var found = homes.All()
            .OrderBy(static kept => kept.Home.Name, StringComparer.Ordinal)
            .ThenBy(static kept => kept.Home.InstanceName, StringComparer.Ordinal)
            .ThenBy(static kept => kept.Worker.Value, StringComparer.Ordinal);
        return new ListHomesResponse { Homes = { found.Select(kept => Present(kept, users)) } };
    }

    /// <exception cref="RpcException">See admin.proto.</exception>
    /// <exception cref="LoopStoppedException">The coordinator is going away.</exception>
    public async Task<RemoveHomeResponse> RemoveAsync(RemoveHomeRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var users = await UsersAsync(cancellationToken);
        var found = homes.All()
            .Where(kept => kept.Home.Name == request.Name && kept.Home.InstanceName == request.InstanceName && (request.WorkerId.Length == 0 || kept.Worker.Value == request.WorkerId))
            .ToList();
        if (found.Count == 0)
        {
            throw Error(StatusCode.NotFound, $"no linked worker{(request.WorkerId.Length > 0 ? $" '{request.WorkerId}'" : "")} keeps a home '{request.Name}' of instance '{request.InstanceName}'");
        }

        if (found.Select(kept => Present(kept, users)).FirstOrDefault(static home => home.UsedBy.Length > 0) is { } used)
        {
            throw Error(StatusCode.FailedPrecondition, $"the home '{request.Name}' is in use by {used.UsedBy} on worker {used.WorkerId}: wait until that has ended, or cancel it");
        }

        foreach (var (worker, home) in found)
        {
            await RemoveAsync(worker, home, cancellationToken);
        }

        return new RemoveHomeResponse { Homes = { found.Select(kept => Present(kept, users)) } };
    }

    /// <summary>The worker has the last word: a home that a task got meanwhile stays until that has ended.</summary>
    private async Task RemoveAsync(WorkerId worker, HomeFacts home, CancellationToken cancellationToken)
    {
        using var wish = homes.Unwant(worker, home.Id);
        links.Repeat(worker);
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            if (await homes.GoneAsync(worker, home.Id, either.Token))
            {
                return;
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            throw Error(StatusCode.Unavailable, $"worker {worker} has not said within {Patience.TotalSeconds} s that the home '{home.Name}' is gone: a task may have got it meanwhile; ask again");
        }

        throw Error(StatusCode.Unavailable, $"worker {worker} went away before it said that the home '{home.Name}' is gone; ask again when it is back");
    }

    /// <summary>Tasks that run with a kept home, by worker, instance and name.</summary>
    private async Task<Dictionary<(WorkerId Worker, string Instance, string Name), string>> UsersAsync(CancellationToken cancellationToken)
    {
        var users = new Dictionary<(WorkerId, string, string), string>();
        foreach (var worker in await queue.QueryAsync(static state => state.Workers(), cancellationToken))
        {
            foreach (var task in worker.Running)
            {
                if (jobs.Find(task.Job) is { } job && job.Spec.Tasks[task.Index] is { Home.Kept: { Length: > 0 } name } template)
                {
                    users[(worker.Id, job.InstanceName, name)] = $"{job.Id}/{template.Name}";
                }
            }
        }

        return users;
    }

    private static HomeInfo Present((WorkerId Worker, HomeFacts Home) kept, Dictionary<(WorkerId Worker, string Instance, string Name), string> users) => new()
    {
        WorkerId = kept.Worker.Value,
        Home = kept.Home,
        UsedBy = users.GetValueOrDefault((kept.Worker, kept.Home.InstanceName, kept.Home.Name), ""),
    };

    private static RpcException Error(StatusCode code, string message) => new(new Status(code, message));
}
