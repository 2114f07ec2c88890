using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Actions;
using BuildFarm.Scheduling.Effects;
using BuildFarm.V1;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Coordinator.Resolving;

/// <summary>
/// Writes executed entries, and is the only one who does (invariant 5): after a success was accepted under a live lease,
/// with every blob of the result present. What cannot be stored is run again another time; the task's own result stands.
/// </summary>
public sealed partial class ActionStorer(CompletenessCheckingActionCache cache, TimeProvider time, ILogger<ActionStorer> logger)
{
    /// <summary>Stores, or says in the log why not.</summary>
    public async ValueTask StoreAsync(StoreAction store, ActionResult result, TaskTemplate? template, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        var key = store.Action.ToKey();
        try
        {
            if (await FindObstacleAsync(result, key.Action.Function, template, cancellationToken) is { } obstacle)
            {
                LogNotStored(key.Action, store.Worker.Value, obstacle);
                return;
            }

            await cache.PutAsync(key, new ActionEntry(result, EntryKind.Executed, store.Worker.Value, time.GetUtcNow()), cancellationToken);
        }
        catch (Exception e) when (e is BlobStoreException or IOException or Grpc.Core.RpcException or InvalidDataException or FormatException)
        {
            LogNotStored(key.Action, store.Worker.Value, e.Message);
        }
    }

    private async ValueTask<string?> FindObstacleAsync(ActionResult result, Digests.DigestFunction function, TaskTemplate? template, CancellationToken cancellationToken)
    {
        if (result.ExitCode != 0)
        {
            return $"it exited with {result.ExitCode}";
        }

        if (ResultOutputs.FirstAbsent(result, template) is { } absent)
        {
            return $"it lacks the required output {absent}";
        }

        var missing = await cache.FindMissingAsync(result, function, cancellationToken);
        return missing.Count == 0 ? null : $"the CAS lacks blob {missing[0]} of it and {missing.Count} in all";
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "result of action {Action} by {Worker} is not stored: {Reason}")]
    private partial void LogNotStored(Digests.Digest action, string worker, string reason);
}
