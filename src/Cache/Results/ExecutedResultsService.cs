using BuildFarm.BlobStore;
using BuildFarm.BlobStore.Actions;
using BuildFarm.Cache.Resources;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace BuildFarm.Cache.Results;

/// <summary>
/// Lets a coordinator in another process read and write executed results. Whoever has the key decides what everybody's
/// builds contain, so without a configured key it is not there at all.
/// </summary>
internal sealed class ExecutedResultsService : ExecutedResults.ExecutedResultsBase
{
    private readonly IActionCache _results;
    private readonly IBlobStore _blobs;
    private readonly InstanceEnvironments _environments;
    private readonly IInstanceEnvironment _environment;
    private readonly TimeProvider _time;
    private readonly CoordinatorKey _key;

    public ExecutedResultsService(
        IActionCache results, IBlobStore blobs, InstanceEnvironments environments, IInstanceEnvironment environment, CoordinatorKey key, TimeProvider time)
    {
        _results = results;
        _blobs = blobs;
        _environments = environments;
        _environment = environment;
        _time = time;
        _key = key;
    }

    public override async Task<ResultEntry> GetEntry(GetEntryRequest request, ServerCallContext context)
    {
        var key = Admit(request.Key, context);
        var entry = await _results.GetAsync(key, context.CancellationToken)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"There is no result of action {key.Action}."));
        return new ResultEntry
        {
            Result = entry.Result,
            Executed = entry.Kind == EntryKind.Executed,
            Producer = entry.Producer,
            StoredAt = Timestamp.FromDateTimeOffset(entry.StoredAt),
        };
    }

    public override async Task<PutExecutedResponse> PutExecuted(PutExecutedRequest request, ServerCallContext context)
    {
        var key = Admit(request.Key, context);
        if (request.Result is not { ExitCode: 0 } result)
        {
            throw RequestChecks.Invalid(request.Result is null ? "result is absent." : $"The result's exit code is {request.Result.ExitCode}; only successes are cached.");
        }

        if (request.Producer.Length == 0)
        {
            throw RequestChecks.Invalid("producer is empty; an entry names the worker that ran it.");
        }

        var missing = await ResultBlobs.FindMissingAsync(result, key.Action.Function, _blobs, context.CancellationToken);
        if (missing.Count > 0)
        {
            throw RpcErrors.Missing(missing);
        }

        await _results.PutAsync(key, new ActionEntry(result, EntryKind.Executed, request.Producer, _time.GetUtcNow()), context.CancellationToken);
        return new PutExecutedResponse();
    }

    private ActionKey Admit(ResultKey? key, ServerCallContext context)
    {
        _key.Admit(context);
        if (key is null)
        {
            throw RequestChecks.Invalid("key is absent.");
        }

        ResourceNames.CheckInstance(key.InstanceName);
        var known = _environment.TryGet(key.InstanceName);
        if (known is null ? !_environments.Announce(key.InstanceName, key.Environment) : !string.Equals(known, key.Environment, StringComparison.Ordinal))
        {
            throw new RpcException(new Status(
                StatusCode.FailedPrecondition,
                $"Instance '{key.InstanceName}' has environment '{_environment.TryGet(key.InstanceName)}' here and '{key.Environment}' at the coordinator; give one of them another instance."));
        }

        return new ActionKey(key.InstanceName, key.Environment, key.ActionDigest.ToDigest("action_digest", key.DigestFunction.ToDigestFunction()));
    }
}
