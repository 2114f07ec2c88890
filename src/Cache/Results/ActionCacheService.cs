using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Actions;
using BuildFarm.Digests.Trees;
using Google.Protobuf;
using Grpc.Core;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.Cache.Results;

/// <summary>
/// REAPI's ActionCache. Reads see executed and asserted results alike; writes make asserted ones, when clients may, and
/// never replace an executed one.
/// </summary>
internal sealed class ActionCacheService(
    IActionCache results, IBlobStore blobs, IInstanceEnvironment environments, CacheOptions options, TimeProvider time) : ActionCache.ActionCacheBase
{
    public override async Task<ActionResult> GetActionResult(GetActionResultRequest request, ServerCallContext context)
    {
        RequestChecks.Check(request.InstanceName, request.DigestFunction);
        var action = request.ActionDigest.ToDigest("action_digest");
        if (environments.TryGet(request.InstanceName) is not { } environment
            || await results.GetAsync(new ActionKey(request.InstanceName, environment, action), context.CancellationToken) is not { } entry)
        {
            CacheMetrics.ActionMisses.Add(1);
            throw new RpcException(new Status(StatusCode.NotFound, $"There is no result of action {action}."));
        }

        CacheMetrics.ActionHits.Add(1);
        var result = entry.Result.Clone();
        await InlineAsync(request, result, context.CancellationToken);
        return result;
    }

    public override async Task<ActionResult> UpdateActionResult(UpdateActionResultRequest request, ServerCallContext context)
    {
        RequestChecks.Check(request.InstanceName, request.DigestFunction);
        if (!options.AllowClientUpdates)
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, "This cache takes no results from clients; its operator can allow it."));
        }

        var action = request.ActionDigest.ToDigest("action_digest");
        var result = request.ActionResult ?? throw RequestChecks.Invalid("action_result is absent.");
        if (result.ExitCode != 0)
        {
            throw RequestChecks.Invalid($"The result's exit code is {result.ExitCode}; only successes are cached.");
        }

        var environment = environments.TryGet(request.InstanceName)
            ?? throw new RpcException(new Status(StatusCode.Unavailable, "No worker has told the instance's environment yet; try again later."));
        var missing = await ResultBlobs.FindMissingAsync(result, blobs, context.CancellationToken);
        if (missing.Count > 0)
        {
            throw RpcErrors.Missing(missing);
        }

        var key = new ActionKey(request.InstanceName, environment, action);
        if (await results.GetAsync(key, context.CancellationToken) is { Kind: EntryKind.Executed } executed)
        {
            return executed.Result;
        }

        await results.PutAsync(key, new ActionEntry(result, EntryKind.Asserted, context.Peer, time.GetUtcNow()), context.CancellationToken);
        return result;
    }

    // What does not fit stays a digest, which the contract allows.
    private async ValueTask InlineAsync(GetActionResultRequest request, ActionResult result, CancellationToken cancellationToken)
    {
        var room = Limits.InlineBytes;
        if (request.InlineStdout && result.StdoutDigest is not null && result.StdoutRaw.IsEmpty)
        {
            result.StdoutRaw = await ReadAsync(result.StdoutDigest.ToDigest("stdout_digest")) ?? result.StdoutRaw;
        }

        if (request.InlineStderr && result.StderrDigest is not null && result.StderrRaw.IsEmpty)
        {
            result.StderrRaw = await ReadAsync(result.StderrDigest.ToDigest("stderr_digest")) ?? result.StderrRaw;
        }

        var wanted = request.InlineOutputFiles.ToHashSet(StringComparer.Ordinal);
        foreach (var file in result.OutputFiles.Where(file => file.Contents.IsEmpty && wanted.Contains(file.Path)))
        {
            file.Contents = await ReadAsync(file.Digest.ToDigest(file.Path)) ?? file.Contents;
        }

        async ValueTask<ByteString?> ReadAsync(Digest digest)
        {
            if (digest.SizeBytes > room || await blobs.ReadAllBytesAsync(digest, room, cancellationToken) is not { } content)
            {
                return null;
            }

            room -= content.Length;
            return UnsafeByteOperations.UnsafeWrap(content);
        }
    }
}
