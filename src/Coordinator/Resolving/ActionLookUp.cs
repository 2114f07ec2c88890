using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Actions;
using BuildFarm.V1;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Coordinator.Resolving;

/// <summary>
/// Asks the action cache for a success that a task can take as its own. Whatever goes wrong is a miss: the cache may make
/// work shorter and never make it fail.
/// </summary>
public sealed partial class ActionLookUp(IActionCache cache, ILogger<ActionLookUp> logger)
{
    /// <summary>The stored result, complete in the CAS; null is a miss.</summary>
    /// <param name="key">What to look up.</param>
    /// <param name="template">Whose required outputs the result must have; null asks for none.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async ValueTask<ActionResult?> FindAsync(ActionKey key, TaskTemplate? template, CancellationToken cancellationToken)
    {
        try
        {
            var entry = await cache.GetAsync(key, cancellationToken);
            return entry is { Result.ExitCode: 0 } && ResultOutputs.FirstAbsent(entry.Result, template) is null ? entry.Result : null;
        }
        catch (Exception e) when (e is BlobStoreException or IOException or Grpc.Core.RpcException or InvalidDataException)
        {
            LogMiss(key.Action, e.Message);
            return null;
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "look-up of action {Action} failed and counts as a miss: {Reason}")]
    private partial void LogMiss(Digests.Digest action, string reason);
}
