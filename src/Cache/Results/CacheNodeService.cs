using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Actions;
using BuildFarm.Cache.Resources;
using BuildFarm.Digests;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace BuildFarm.Cache.Results;

/// <summary>
/// Makes this cache one of several under a front: results go in and out as they are, since their blobs may lie elsewhere. Whoever
/// has the key decides what everybody's builds contain, so without a configured key it is not there at all.
/// </summary>
internal sealed class CacheNodeService(BlobStores stores, CoordinatorKey key) : CacheNode.CacheNodeBase
{
    public override async Task<ResultEntry> GetEntry(GetNodeEntryRequest request, ServerCallContext context)
    {
        key.Admit(context);
        var wanted = ToKey(request.Key);
        var entry = await stores.Entries!.GetAsync(wanted, context.CancellationToken)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"There is no result of action {wanted.Action}."));
        return new ResultEntry
        {
            Result = entry.Result,
            Executed = entry.Kind == EntryKind.Executed,
            Producer = entry.Producer,
            StoredAt = Timestamp.FromDateTimeOffset(entry.StoredAt),
        };
    }

    public override async Task<PutEntryResponse> PutEntry(PutEntryRequest request, ServerCallContext context)
    {
        key.Admit(context);
        if (request.Entry is not { Result: not null, StoredAt: not null } entry)
        {
            throw RequestChecks.Invalid("entry is absent or has no result and stored_at.");
        }

        var kind = entry.Executed ? EntryKind.Executed : EntryKind.Asserted;
        var stored = new ActionEntry(entry.Result, kind, entry.Producer, TimeOf(entry.StoredAt)) { BlobsAreElsewhere = true };
        if (request.OnlyIfAbsent)
        {
            return new PutEntryResponse { HadOne = !await stores.Entries!.FillAsync(ToKey(request.Key), stored, context.CancellationToken) };
        }

        await stores.Entries!.PutAsync(ToKey(request.Key), stored, context.CancellationToken);
        return new PutEntryResponse();
    }

    public override async Task<FindBlobResponse> FindBlob(FindBlobRequest request, ServerCallContext context)
    {
        key.Admit(context);
        var named = Digest.FromProto(
            new Build.Bazel.Remote.Execution.V2.Digest { Hash = request.Hash }, "hash", request.DigestFunction.ToDigestFunction());
        return await stores.Owned!.FindByHashAsync(named, context.CancellationToken) is { } found
            ? new FindBlobResponse { SizeBytes = found.SizeBytes }
            : throw new RpcException(new Status(StatusCode.NotFound, $"Blob {request.Hash} is not on this node."));
    }

    private static DateTimeOffset TimeOf(Timestamp time)
    {
        try
        {
            return time.ToDateTimeOffset();
        }
        catch (InvalidOperationException)
        {
            throw RequestChecks.Invalid($"entry.stored_at has {time.Seconds} s and {time.Nanos} ns, which is no time; write one from year 1 to 9999.");
        }
    }

    private static ActionKey ToKey(NodeKey? key)
    {
        if (key?.Key is not { } inner)
        {
            throw RequestChecks.Invalid("key is absent.");
        }

        ResourceNames.CheckInstance(inner.InstanceName);
        var action = inner.ActionDigest.ToDigest("action_digest", inner.DigestFunction.ToDigestFunction());
        return new ActionKey(inner.InstanceName, inner.Environment, action) { SizeIsKnown = !key.SizeIsUnknown };
    }
}
