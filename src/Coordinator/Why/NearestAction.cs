using BuildFarm.BlobStore;
using BuildFarm.V1;
using Grpc.Core;

namespace BuildFarm.Coordinator.Why;

/// <summary>Chooses which of the actions before one is most like it.</summary>
public sealed class NearestAction(IActionHistory history, IBlobStore blobs)
{
    private const int CandidatesOfAKind = 32;

    // Another task or another place to write to makes two actions less alike than any option does.
    private const int OtherOutputs = 1000;
    private const int OtherTask = 500;

    /// <summary>The nearest; null when nothing like it is remembered. Its parts are null when the cache has lost them all.</summary>
    public async ValueTask<(SeenAction Seen, ActionParts? Parts)?> FindAsync(ActionParts now, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(now);
        var like = await history.FindLikeAsync(now.Seen, CandidatesOfAKind, cancellationToken);
        (SeenAction Seen, ActionParts? Parts)? nearest = null;
        var least = int.MaxValue;
        foreach (var seen in like.OrderByDescending(static seen => seen.Number).DistinctBy(static seen => seen.Action))
        {
            var parts = await ReadAsync(seen, cancellationToken);
            var distance = parts is null ? int.MaxValue : Distance(parts, now);
            if (nearest is null || distance < least)
            {
                (nearest, least) = ((seen, parts), distance);
            }
        }

        return nearest;
    }

    private async ValueTask<ActionParts?> ReadAsync(SeenAction seen, CancellationToken cancellationToken)
    {
        try
        {
            return await ActionParts.ReadAsync(seen, blobs, cancellationToken);
        }
        catch (Exception e) when (e is BlobStoreException or IOException or RpcException or InvalidDataException or FormatException)
        {
            return null;
        }
    }

    private static int Distance(ActionParts before, ActionParts now)
    {
        if (before.Seen.Action == now.Seen.Action)
        {
            return -1;
        }

        var distance = before.Action.InputRootDigest.Equals(now.Action.InputRootDigest) ? 0 : 1;
        distance += before.Seen.Task == now.Seen.Task ? 0 : OtherTask;
        distance += before.Seen.Outputs == now.Seen.Outputs ? 0 : OtherOutputs;
        return distance + PartsDiff.Of(before, now).Count(static difference => difference.Part != ActionPart.Output);
    }
}
