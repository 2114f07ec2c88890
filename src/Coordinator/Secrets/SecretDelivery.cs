using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Loop;
using BuildFarm.Scheduling;
using BuildFarm.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Coordinator.Secrets;

/// <summary>
/// Gives the secrets of an attempt to the worker process that has its lease, and to nobody else. Which secrets these are the accepted job says, not
/// the Action, because anybody can make an Action.
/// </summary>
public sealed partial class SecretDelivery(SchedulerQueue queue, JobTable jobs, ExecutionNames names, SecretStore store, ILogger<SecretDelivery> logger)
{
    /// <exception cref="RpcException">See workers.proto.</exception>
    /// <exception cref="LoopStoppedException">The coordinator is going away.</exception>
    public async Task<GetSecretsResponse> GetAsync(GetSecretsRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        await queue.OpenedAsync(cancellationToken);
        var worker = new WorkerId(request.WorkerId);
        var desired = await queue.QueryAsync(state => state.DesiredStateFor(worker), cancellationToken);
        if (desired is null || !string.Equals(desired.Incarnation, request.Incarnation, StringComparison.Ordinal) || Find(desired, request.Lease) is not { } assignment)
        {
            LogRefused(request.WorkerId);
            throw new RpcException(new Status(StatusCode.PermissionDenied, "the attempt is not live on this worker: its secrets are for the holder of its lease"));
        }

        var template = jobs.Find(assignment.Task.Job)?.Spec.Tasks[assignment.Task.Index];
        var response = new GetSecretsResponse();
        foreach (var name in template?.Secrets ?? [])
        {
            var value = store.TryRead(name, out var problem) ?? throw new RpcException(new Status(StatusCode.FailedPrecondition, problem));
            response.Secrets.Add(new SecretValue { Name = name, Value = UnsafeByteOperations.UnsafeWrap(value) });
        }

        if (template is { Secrets.Count: > 0 })
        {
            LogGiven(template.Secrets, assignment.Task.Job, template.Name, request.WorkerId);
        }

        return response;
    }

    private Scheduling.Assignment? Find(Scheduling.DesiredState desired, V1.Lease? lease) =>
        lease is not null && names.Find(lease.ExecutionId) is { } execution
            ? desired.Assignments.FirstOrDefault(assignment => assignment.Lease == new Scheduling.Lease(execution, lease.Epoch))
            : null;

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "secrets {Names} given to {Job}/{Task} on worker {Worker}")]
    private partial void LogGiven(IEnumerable<string> names, JobId job, string task, string worker);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "secrets refused to {Worker}: it does not hold the lease that it named")]
    private partial void LogRefused(string worker);
}
