using BuildFarm.BlobStore.Actions;
using Microsoft.Extensions.Logging;

namespace BuildFarm.BlobStore.Tiers;

/// <summary>
/// Results of a nearer cache in front of a farther one. What the farther one alone has is kept near; what is written is in the
/// farther one before it is acknowledged, unless <see cref="TierWrites"/> says otherwise.
/// </summary>
public sealed partial class TieredActionCache(IActionTier near, IActionTier far, TierWrites writes, ILogger<TieredActionCache> logger) : IActionTier
{
    /// <inheritdoc />
    public async ValueTask<ActionEntry?> GetAsync(ActionKey key, CancellationToken cancellationToken)
    {
        if (await near.GetAsync(key, cancellationToken) is { } entry)
        {
            return entry;
        }

        try
        {
            entry = await far.GetAsync(key, cancellationToken);
        }
        catch (BlobStoreUnavailableException e)
        {
            // A miss costs an execution, a failure the build.
            LogUnread(key.Action, e.Message);
            return null;
        }

        if (entry is not null)
        {
            await near.FillAsync(key, entry, cancellationToken);
        }

        return entry;
    }

    /// <inheritdoc />
    /// <exception cref="BlobStoreUnavailableException">The farther cache does not answer, and has to.</exception>
    public async ValueTask PutAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            if (writes != TierWrites.Never)
            {
                await far.PutAsync(key, entry, cancellationToken);
            }
        }
        catch (BlobStoreUnavailableException e) when (writes == TierWrites.Behind)
        {
            LogUnwritten(key.Action, e.Message);
        }

        await near.PutAsync(key, entry, cancellationToken);
    }

    /// <inheritdoc />
    /// <exception cref="BlobStoreUnavailableException">The farther cache does not answer, and has to.</exception>
    public async ValueTask<bool> FillAsync(ActionKey key, ActionEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            if (writes != TierWrites.Never && !await far.FillAsync(key, entry, cancellationToken))
            {
                return false;
            }
        }
        catch (BlobStoreUnavailableException e) when (writes == TierWrites.Behind)
        {
            LogUnwritten(key.Action, e.Message);
        }

        return await near.FillAsync(key, entry, cancellationToken);
    }

    [LoggerMessage(EventId = 264, Level = LogLevel.Warning, Message = "the result of action {Action} counts as a miss in the farther tier: {Problem}")]
    private partial void LogUnread(Digests.Digest action, string problem);

    [LoggerMessage(EventId = 265, Level = LogLevel.Warning, Message = "the result of action {Action} is in the nearer tier alone: {Problem}")]
    private partial void LogUnwritten(Digests.Digest action, string problem);
}
