namespace BuildFarm.Hosting;

/// <summary>
/// Versions of the worker link (<c>workers.proto</c>). They grow by one whenever a side begins to rely on what the other did
/// not do before; a field that may be ignored needs no new version.
/// </summary>
/// <param name="Oldest">The oldest version of the other side that still works.</param>
/// <param name="Current">What this side speaks.</param>
public sealed record WorkerProtocol(int Oldest, int Current)
{
    /// <summary>
    /// Of this release. 1: the link without a version of the coordinator. 2: the coordinator says its version too.
    /// </summary>
    public static WorkerProtocol OfThisRelease { get; } = new(Oldest: 1, Current: 2);
}
