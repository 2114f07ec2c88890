using BuildFarm.BlobStore.Actions;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Grpc.Core;

namespace BuildFarm.BlobStore.Remote;

/// <summary>The action cache of a cache service, as a coordinator uses it: it writes executed entries, and only such.</summary>
public sealed class RemoteActionCache : IActionCache
{
    /// <summary>Header of every call that carries the coordinator's key.</summary>
    public const string KeyHeader = "buildfarm-coordinator-key";

    private readonly ExecutedResults.ExecutedResultsClient _results;
    private readonly Metadata _headers;

    /// <param name="invoker">Of a channel to the cache.</param>
    /// <param name="coordinatorKey">The secret that the cache knows its coordinators by.</param>
    public RemoteActionCache(CallInvoker invoker, string coordinatorKey)
    {
        _results = new ExecutedResults.ExecutedResultsClient(invoker);
        _headers = new Metadata { { KeyHeader, coordinatorKey } };
    }

    /// <inheritdoc />
    /// <exception cref="RpcException">The cache does not answer, or refuses this coordinator.</exception>
    public async ValueTask<ActionEntry?> GetAsync(ActionKey key, CancellationToken cancellationToken)
    {
        try
        {
            var entry = await _results.GetEntryAsync(new GetEntryRequest { Key = ToProto(key) }, _headers, cancellationToken: cancellationToken);
            return entry.Result is null ? null : new ActionEntry(
                entry.Result, entry.Executed ? EntryKind.Executed : EntryKind.Asserted, entry.Producer, entry.StoredAt?.ToDateTimeOffset() ?? default);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    /// <inheritdoc />
    /// <exception cref="ArgumentException">The entry was not executed: clients assert theirs through REAPI.</exception>
    /// <exception cref="RpcException">The cache does not answer, or refuses the entry.</exception>
    public async ValueTask PutAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (entry.Kind != EntryKind.Executed)
        {
            throw new ArgumentException($"The entry of action {key.Action} is {entry.Kind}; only executed ones are written here.", nameof(entry));
        }

        var request = new PutExecutedRequest { Key = ToProto(key), Result = entry.Result, Producer = entry.Producer };
        await _results.PutExecutedAsync(request, _headers, cancellationToken: cancellationToken);
    }

    private static ResultKey ToProto(in ActionKey key) =>
        new() { InstanceName = key.InstanceName, Environment = key.Environment, ActionDigest = key.Action.ToProto(), DigestFunction = key.Action.Function.ToProto() };
}
