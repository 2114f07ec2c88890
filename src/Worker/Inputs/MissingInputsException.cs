using BuildFarm.Digests;

namespace BuildFarm.Worker.Inputs;

/// <summary>Blobs that a task needs are not in the CAS.</summary>
internal sealed class MissingInputsException(IReadOnlyList<Digest> missing, string what)
    : Exception($"{what}: the cache no longer has {missing[0]}{(missing.Count > 1 ? $" and {missing.Count - 1} more" : "")}")
{
    /// <summary>At least one.</summary>
    public IReadOnlyList<Digest> Missing { get; } = missing;
}
