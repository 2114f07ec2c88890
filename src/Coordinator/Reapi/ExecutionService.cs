using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Loop;
using BuildFarm.Digests;
using BuildFarm.Digests.Trees;
using Google.LongRunning;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.Coordinator.Reapi;

/// <summary>
/// REAPI's Execution: an Action becomes a job of one task, and its Operation is that job. What cannot be begun is the call's
/// status; what goes wrong later is inside the operation's response.
/// </summary>
public sealed class ExecutionService(
    JobAdmission admission,
    ActionCheck check,
    ActionTemplates templates,
    OperationFinder finder,
    OperationStream stream,
    OperationWaiters waiters,
    StartGrace start,
    IIdSource ids,
    CoordinatorOptions options,
    IHostApplicationLifetime lifetime) : Execution.ExecutionBase
{
    private const int IdDigits = 16;

    /// <inheritdoc />
    public override async Task Execute(ExecuteRequest request, IServerStreamWriter<Operation> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var digest = DigestOf(request);
        var name = new OperationName(request.InstanceName, ids.NextHex(IdDigits));
        await ServeAsync(name.Id, context, async cancellationToken =>
        {
            var action = await check.CheckAsync(digest, cancellationToken);
            var job = templates.Make(request, action, context.RequestHeaders);
            await start.RetryLaterAsync(() => admission.AdmitAsync(name.Id, job, cancellationToken));
            await stream.SendAsync(await finder.FindAsync(name.ToString(), cancellationToken), responseStream, cancellationToken);
        });
    }

    /// <inheritdoc />
    public override async Task WaitExecution(WaitExecutionRequest request, IServerStreamWriter<Operation> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var found = await finder.FindAsync(request.Name, context.CancellationToken);
        await ServeAsync(found.Name.Id, context, cancellationToken => stream.SendAsync(found, responseStream, cancellationToken));
    }

    private Digest DigestOf(ExecuteRequest request)
    {
        if (!options.Instances.Contains(request.InstanceName, StringComparer.Ordinal))
        {
            throw Error(StatusCode.InvalidArgument, $"instance_name '{request.InstanceName}' is not served here");
        }

        try
        {
            return request.ActionDigest.ToDigest("action_digest", request.DigestFunction.ToDigestFunction());
        }
        catch (DigestFormatException e)
        {
            throw Error(StatusCode.InvalidArgument, e.Message);
        }
    }

    /// <summary>Counts the call among those who wait, from before the job exists until the stream ends.</summary>
    private async Task ServeAsync(string id, ServerCallContext context, Func<CancellationToken, Task> serve)
    {
        using var waiting = waiters.Enter(id);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            await serve(ending.Token);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw Error(StatusCode.Unavailable, "the coordinator is stopping; wait for the operation again");
        }
        catch (LoopStoppedException e)
        {
            throw Error(StatusCode.Unavailable, e.Message);
        }
    }

    private static RpcException Error(StatusCode code, string message) => new(new Status(code, message));
}
