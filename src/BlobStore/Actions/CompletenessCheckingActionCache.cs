using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Actions;

/// <summary>
/// A result is a hit only when every blob that it names, and every blob of its trees, is in the store, because a client that
/// is told "done" and then finds an output gone cannot go on (rule 8 of REAPI's practice). Asking the store also renews the
/// lives of those blobs. Run it in front of every action cache that clients or the coordinator see.
/// </summary>
public sealed partial class CompletenessCheckingActionCache(
    IActionCache inner, IBlobStore blobs, ILogger<CompletenessCheckingActionCache> logger) : IActionCache
{
    /// <inheritdoc />
    public async ValueTask<ActionEntry?> GetAsync(ActionKey key, CancellationToken cancellationToken)
    {
        var entry = await inner.GetAsync(key, cancellationToken);
        if (entry is null)
        {
            return null;
        }

        try
        {
            var missing = await FindMissingAsync(entry.Result, key.Action.Function, cancellationToken);
            if (missing.Count == 0)
            {
                return entry;
            }

            LogIncomplete(key.Action, missing[0], missing.Count);
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or CorruptBlobException)
        {
            LogUnusable(key.Action, e.Message);
        }

        return null;
    }

    /// <inheritdoc />
    public ValueTask PutAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken) =>
        inner.PutAsync(key, entry, cancellationToken);

    /// <inheritdoc cref="ResultBlobs.FindMissingAsync"/>
    public ValueTask<IReadOnlyList<Digests.Digest>> FindMissingAsync(
        Build.Bazel.Remote.Execution.V2.ActionResult result, Digests.DigestFunction function, CancellationToken cancellationToken) =>
        ResultBlobs.FindMissingAsync(result, function, blobs, cancellationToken);

    [LoggerMessage(EventId = 221, Level = LogLevel.Debug, Message = "the result of action {Action} is a miss: blob {Missing} and {Count} in all are gone")]
    private partial void LogIncomplete(Digests.Digest action, Digests.Digest missing, int count);

    [LoggerMessage(EventId = 222, Level = LogLevel.Warning, Message = "the result of action {Action} is a miss: {Problem}")]
    private partial void LogUnusable(Digests.Digest action, string problem);
}
