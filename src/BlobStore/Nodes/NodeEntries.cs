using BuildFarm.BlobStore.Actions;
using BuildFarm.BlobStore.Remote;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace BuildFarm.BlobStore.Nodes;

/// <summary>The results that lie on one node, complete or not.</summary>
/// <param name="invoker">Of a channel to the node.</param>
/// <param name="key">The secret that the node knows its front by.</param>
internal sealed class NodeEntries(CallInvoker invoker, string key) : IActionTier
{
    private readonly V1.CacheNode.CacheNodeClient _node = new(invoker);
    private readonly Metadata _headers = new() { { RemoteActionCache.KeyHeader, key } };

    /// <inheritdoc />
    /// <exception cref="RpcException">The node does not answer, or refuses.</exception>
    public async ValueTask<ActionEntry?> GetAsync(ActionKey key, CancellationToken cancellationToken)
    {
        try
        {
            var request = new GetNodeEntryRequest { Key = ToProto(key) };
            var entry = await _node.GetEntryAsync(request, _headers, cancellationToken: cancellationToken);
            return entry.Result is null ? null : new ActionEntry(
                entry.Result, entry.Executed ? EntryKind.Executed : EntryKind.Asserted, entry.Producer, entry.StoredAt?.ToDateTimeOffset() ?? default);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    /// <inheritdoc />
    /// <exception cref="RpcException">The node does not answer, or refuses.</exception>
    public async ValueTask PutAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken) =>
        await PutAsync(key, entry, onlyIfAbsent: false, cancellationToken);

    /// <inheritdoc />
    /// <exception cref="RpcException">The node does not answer, or refuses.</exception>
    public async ValueTask<bool> FillAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken) =>
        !(await PutAsync(key, entry, onlyIfAbsent: true, cancellationToken)).HadOne;

    private async Task<PutEntryResponse> PutAsync(ActionKey key, ActionEntry entry, bool onlyIfAbsent, CancellationToken cancellationToken)
    {
        var request = new PutEntryRequest
        {
            Key = ToProto(key),
            Entry = new ResultEntry
            {
                Result = entry.Result,
                Executed = entry.Kind == EntryKind.Executed,
                Producer = entry.Producer,
                StoredAt = Timestamp.FromDateTimeOffset(entry.StoredAt),
            },
            OnlyIfAbsent = onlyIfAbsent,
        };
        return await _node.PutEntryAsync(request, _headers, cancellationToken: cancellationToken);
    }

    private static NodeKey ToProto(in ActionKey key) => new()
    {
        Key = new ResultKey
        {
            InstanceName = key.InstanceName,
            Environment = key.Environment,
            ActionDigest = key.Action.ToProto(),
            DigestFunction = key.Action.Function.ToProto(),
        },
        SizeIsUnknown = !key.SizeIsKnown,
    };
}
