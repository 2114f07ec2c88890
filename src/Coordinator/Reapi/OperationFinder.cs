using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Loop;
using BuildFarm.Scheduling;
using Grpc.Core;

namespace BuildFarm.Coordinator.Reapi;

/// <summary>Finds operations by name, those that run and the newest that have ended.</summary>
public sealed class OperationFinder(SchedulerQueue queue, JobTable table, FinishedOperations finished)
{
    /// <exception cref="RpcException">NOT_FOUND: there is none, so the client executes again; UNAVAILABLE: the coordinator is going away.</exception>
    public async ValueTask<FoundOperation> FindAsync(string name, CancellationToken cancellationToken)
    {
        await queue.OpenedOrUnavailableAsync(cancellationToken);
        return OperationName.TryParse(name) is { } parsed && Find(parsed) is { } found
            ? found
            : throw new RpcException(new Status(StatusCode.NotFound, $"there is no operation '{name}', or it ended long ago; execute the action again"));
    }

    /// <summary>All operations of an instance that are known, by id.</summary>
    public IReadOnlyList<FoundOperation> List(string instance)
    {
        // One that ends is kept as ended before it leaves the table: looking in this order never misses it.
        var active = table.All.Where(job => job.IsOperation).Select(job => new FoundOperation(job)).ToList();
        return [.. active.Concat(finished.All())
            .Where(operation => string.Equals(operation.Name.Instance, instance, StringComparison.Ordinal))
            .DistinctBy(operation => operation.Name)
            .OrderBy(operation => operation.Name.Id, StringComparer.Ordinal)];
    }

    private FoundOperation? Find(OperationName name)
    {
        var found = table.Find(new JobId(name.Id)) is { IsOperation: true } job ? new FoundOperation(job) : finished.Find(name.Id);
        return found?.Name == name ? found : null;
    }
}
