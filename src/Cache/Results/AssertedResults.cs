using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Actions;
using BuildFarm.Digests.Trees;
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

    /// <summary>
    /// Forgets a result that clients asserted. What takes its place is a result that needs a blob which cannot be: a miss for everybody, that
    /// reaches every tier and node of the store as any result does, says who deleted, and gives way to the next one.
    /// </summary>
    /// <exception cref="RpcException">PERMISSION_DENIED: clients may not write, or the farm executed it.</exception>
    public async Task DeleteAsync(string instanceName, Digest action, bool sizeIsKnown, string producer, CancellationToken cancellationToken)
    {
        CheckAllowed(options);
        if (environments.TryGet(instanceName) is not { } environment)
        {
            return;
        }

        var key = new ActionKey(instanceName, environment, action) { SizeIsKnown = sizeIsKnown };
        switch (await results.GetAsync(key, cancellationToken))
        {
            case null:
                return;
            case { Kind: EntryKind.Executed }:
                throw new RpcException(new Status(
                    StatusCode.PermissionDenied, $"The result of action {action.HashHex} was executed by the farm, and clients cannot delete it; execute with skip_cache_lookup to replace it."));
            default:
                await results.PutAsync(key, new ActionEntry(NeverComplete(action), EntryKind.Asserted, producer, time.GetUtcNow()), cancellationToken);
                return;
        }
    }

    /// <summary>Stores a result, and gives the one that holds: an executed one stays.</summary>
    /// <param name="instanceName">Whose results.</param>
    /// <param name="action">Of which action.</param>
    /// <param name="sizeIsKnown">False when the action is named by its hash alone.</param>
    /// <param name="result">Null when the request had none.</param>
    /// <param name="producer">The client.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="RpcException">PERMISSION_DENIED, INVALID_ARGUMENT, FAILED_PRECONDITION (missing blobs, or an instance without workers).</exception>
    public async Task<ActionResult> PutAsync(
        string instanceName, Digest action, bool sizeIsKnown, ActionResult? result, string producer, CancellationToken cancellationToken)
    {
        CheckAllowed(options);
        if (result is not { ExitCode: 0 })
        {
            throw RequestChecks.Invalid(result is null ? "action_result is absent." : $"The result's exit code is {result.ExitCode}; only successes are cached.");
        }

        var environment = environments.TryGet(instanceName)
            ?? throw new RpcException(new Status(
                StatusCode.FailedPrecondition, $"No worker serves instance '{instanceName}', so nothing says in which environment the result holds; link a worker of it first, or name another instance."));
        var missing = await ResultBlobs.FindMissingAsync(result, action.Function, blobs, cancellationToken);
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

    /// <summary>Nobody knows content of this hash, and finding some is what hash functions are made against.</summary>
    private static ActionResult NeverComplete(Digest action)
    {
        Span<byte> zeros = stackalloc byte[action.Function.HashLength];
        zeros.Clear();
        return new ActionResult { OutputFiles = { new OutputFile { Path = "deleted", Digest = new Digest(action.Function, zeros, 1).ToProto() } } };
    }
}
