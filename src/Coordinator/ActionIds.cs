using BuildFarm.BlobStore.Actions;
using BuildFarm.Digests;
using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator;

/// <summary>
/// The scheduler's opaque action ids as what they stand for. Two actions are equal when instance, environment and digest
/// are (design decision 7).
/// </summary>
public static class ActionIds
{
    // Instance names and environments hold no control character.
    private const char Separator = '\n';

    /// <summary>The id of an action-cache key.</summary>
    public static ActionId ToId(this ActionKey key) => new($"{key.InstanceName}{Separator}{key.Environment}{Separator}{key.Action}");

    /// <summary>The key that an id was made from.</summary>
    public static ActionKey ToKey(this ActionId id)
    {
        var parts = id.Key.Split(Separator);
        return new ActionKey(parts[0], parts[1], Digest.Parse(parts[2]));
    }
}
