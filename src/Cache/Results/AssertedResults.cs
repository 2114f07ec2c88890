using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Actions;
using Grpc.Core;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.Cache.Results;

/// <summary>Results that clients upload: taken when they may, when every blob is there, and never in place of an executed one.</summary>
internal sealed class AssertedResults(
    IActionCache results, IBlobStore blobs, IInstanceEnvironment environments, CacheOptions options, TimeProvider time)
{
    /// <summary>Refuses what only clients that may write are to do.</summary>
    /// <exception cref="RpcException">PERMISSION_DENIED.</exception>
    public static void CheckAllowed(CacheOptions options)
    {
        if (!options.AllowClientUpdates)
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, "This cache takes no results from clients; its operator can allow it."));
        }
    }

    /// <summary>Stores a result, and gives the one that holds: an executed one stays.</summary>
    /// <param name="instanceName">Whose results.</param>
    /// <param name="action">Of which action.</param>
    /// <param name="sizeIsKnown">False when the action is named by its hash alone.</param>
    /// <param name="result">Null when the request had none.</param>
    /// <param name="producer">The client.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="RpcException">PERMISSION_DENIED, INVALID_ARGUMENT, FAILED_PRECONDITION (missing blobs), UNAVAILABLE.</exception>
    public async Task<ActionResult> PutAsync(
        string instanceName, Digest action, bool sizeIsKnown, ActionResult? result, string producer, CancellationToken cancellationToken)
    {
        CheckAllowed(options);
        if (result is not { ExitCode: 0 })
        {
            throw RequestChecks.Invalid(result is null ? "action_result is absent." : $"The result's exit code is {result.ExitCode}; only successes are cached.");
        }

        var environment = environments.TryGet(instanceName)
            ?? throw new RpcException(new Status(StatusCode.Unavailable, "No worker has told the instance's environment yet; try again later."));
        var missing = await ResultBlobs.FindMissingAsync(result, blobs, cancellationToken);
        if (missing.Count > 0)
        {
            throw RpcErrors.Missing(missing);
        }

        var key = new ActionKey(instanceName, environment, action) { SizeIsKnown = sizeIsKnown };
        if (await results.GetAsync(key, cancellationToken) is { Kind: EntryKind.Executed } executed)
        {
            return executed.Result;
        }

        await results.PutAsync(key, new ActionEntry(result, EntryKind.Asserted, producer, time.GetUtcNow()), cancellationToken);
        return result;
    }
}
