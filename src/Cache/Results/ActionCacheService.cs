using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Actions;
using BuildFarm.Digests.Trees;
using Google.Protobuf;
using Grpc.Core;
using Digest = BuildFarm.Digests.Digest;
using DigestFunction = BuildFarm.Digests.DigestFunction;

namespace BuildFarm.Cache.Results;

/// <summary>
/// REAPI's ActionCache. Reads see executed and asserted results alike; writes make asserted ones.
/// </summary>
internal sealed class ActionCacheService(
    IActionCache results, AssertedResults asserted, IBlobStore blobs, IInstanceEnvironment environments, CacheOptions options) : ActionCache.ActionCacheBase
{
    public override async Task<ActionResult> GetActionResult(GetActionResultRequest request, ServerCallContext context)
    {
        var function = RequestChecks.Check(request.InstanceName, request.DigestFunction);
        var action = request.ActionDigest.ToDigest("action_digest", function);
        if (environments.TryGet(request.InstanceName) is not { } environment
            || await results.GetAsync(new ActionKey(request.InstanceName, environment, action), context.CancellationToken) is not { } entry)
        {
            CacheMetrics.LookedUp(hit: false);
            throw new RpcException(new Status(StatusCode.NotFound, $"There is no result of action {action}."));
        }

        CacheMetrics.LookedUp(hit: true);
        if (!request.InlineStdout && !request.InlineStderr && request.InlineOutputFiles.Count == 0)
        {
            return entry.Result;
        }

        var result = entry.Result.Clone();
        await InlineAsync(request, result, action.Function, context.CancellationToken);
        return result;
    }

    public override Task<ActionResult> UpdateActionResult(UpdateActionResultRequest request, ServerCallContext context)
    {
        var function = RequestChecks.Check(request.InstanceName, request.DigestFunction);
        AssertedResults.CheckAllowed(options);
        var action = request.ActionDigest.ToDigest("action_digest", function);
        return asserted.PutAsync(request.InstanceName, action, sizeIsKnown: true, request.ActionResult, context.Peer, context.CancellationToken);
    }

    // What does not fit stays a digest, which the contract allows.
    private async ValueTask InlineAsync(
        GetActionResultRequest request, ActionResult result, DigestFunction function, CancellationToken cancellationToken)
    {
        var room = Limits.InlineBytes;
        if (request.InlineStdout && result.StdoutDigest is not null && result.StdoutRaw.IsEmpty)
        {
            result.StdoutRaw = await ReadAsync(result.StdoutDigest.ToDigest("stdout_digest", function)) ?? result.StdoutRaw;
        }

        if (request.InlineStderr && result.StderrDigest is not null && result.StderrRaw.IsEmpty)
        {
            result.StderrRaw = await ReadAsync(result.StderrDigest.ToDigest("stderr_digest", function)) ?? result.StderrRaw;
        }

        var wanted = request.InlineOutputFiles.ToHashSet(StringComparer.Ordinal);
        foreach (var file in result.OutputFiles.Where(file => file.Contents.IsEmpty && wanted.Contains(file.Path)))
        {
            file.Contents = await ReadAsync(file.Digest.ToDigest(file.Path, function)) ?? file.Contents;
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
