using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Google.LongRunning;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Task = BuildFarm.V1.Task;

namespace BuildFarm.Coordinator.Reapi;

/// <summary>
/// A task in REAPI's words. How a command ended is never the operation's error: a result or a status inside the ExecuteResponse
/// says it, and an operation is done exactly when it has one.
/// </summary>
public sealed class OperationPresenter(ActionCheck check)
{
    /// <summary>The operation as it is now.</summary>
    public async ValueTask<Operation> PresentAsync(FoundOperation found, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(found);
        var task = found.Newest;
        var done = task.State == TaskState.Finished;
        return new Operation
        {
            Name = found.Name.ToString(),
            Done = done,
            Metadata = Any.Pack(MetadataOf(found, task)),
            Response = done ? Any.Pack(await ResponseOfAsync(found, task, cancellationToken)) : null,
        };
    }

    private static ExecuteOperationMetadata MetadataOf(FoundOperation found, Task task) => new()
    {
        Stage = task.State switch
        {
            TaskState.Queued => ExecutionStage.Types.Value.Queued,
            TaskState.Running => ExecutionStage.Types.Value.Executing,
            TaskState.Finished => ExecutionStage.Types.Value.Completed,
            _ => ExecutionStage.Types.Value.CacheCheck,
        },
        ActionDigest = found.Action.ToProto(),
        DigestFunction = found.Action.Function.ToProto(),
        StdoutStreamName = task.StdoutStreamName,
        StderrStreamName = task.StderrStreamName,
        PartialExecutionMetadata = task.QueuedAt is null ? null : new ExecutedActionMetadata { Worker = task.Worker, QueuedTimestamp = task.QueuedAt },
    };

    private async ValueTask<ExecuteResponse> ResponseOfAsync(FoundOperation found, Task task, CancellationToken cancellationToken) => new()
    {
        Result = ResultOf(task),
        CachedResult = task.Origin == ResultOrigin.ActionCache,
        Status = await StatusOfAsync(found, task, cancellationToken),
        Message = task.Message,
    };

    private static ActionResult? ResultOf(Task task)
    {
        if (task.Result is null || task.Origin == ResultOrigin.ActionCache)
        {
            return task.Result;
        }

        var result = task.Result.Clone();
        if (task.QueuedAt is not null)
        {
            (result.ExecutionMetadata ??= new ExecutedActionMetadata()).QueuedTimestamp = task.QueuedAt;
        }

        return result;
    }

    private async ValueTask<Google.Rpc.Status> StatusOfAsync(FoundOperation found, Task task, CancellationToken cancellationToken) => task.Outcome switch
    {
        Outcome.Success => new Google.Rpc.Status(),
        // The command ended by itself, or by a limit of its container: its exit code says so, the message why.
        Outcome.Failure or Outcome.OutOfMemory or Outcome.ResourceLimit when task is { Result: not null, ExitCode: not 0 } => new Google.Rpc.Status(),
        Outcome.Failure => Status(task.Result is null ? StatusCode.InvalidArgument : StatusCode.FailedPrecondition, task),
        Outcome.Timeout => Status(StatusCode.DeadlineExceeded, task),
        Outcome.OutOfMemory or Outcome.ResourceLimit => Status(StatusCode.ResourceExhausted, task),
        Outcome.Cancelled => Status(StatusCode.Cancelled, task),
        _ => await FindMissingAsync(found, cancellationToken) ?? Status(StatusCode.Unavailable, task),
    };

    /// <summary>What the farm could not run may lack inputs that were evicted meanwhile: the client can repair that.</summary>
    private async ValueTask<Google.Rpc.Status?> FindMissingAsync(FoundOperation found, CancellationToken cancellationToken)
    {
        try
        {
            return await check.FindMissingAsync(found.Action, cancellationToken);
        }
        catch (RpcException)
        {
            return null;
        }
    }

    private static Google.Rpc.Status Status(StatusCode code, Task task) => new() { Code = (int)code, Message = task.Message };
}
