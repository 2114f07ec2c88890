using BuildFarm.Worker.Containers;

namespace BuildFarm.Worker.Homes;

/// <summary>What a worker keeps of homes.</summary>
/// <param name="Bytes">On disk, of one home.</param>
/// <param name="Files">Files, folders and links of one home.</param>
/// <param name="Count">Homes; the longest unused goes first.</param>
/// <param name="Age">How long one that nobody uses is kept.</param>
internal sealed record KeptHomeLimits(long Bytes, int Files, int Count, TimeSpan Age)
{
    /// <summary>As a guard takes them.</summary>
    public ContainerLimits AsLimits() => new(0, 0, HardCpu: false, 0) { WorkspaceBytes = Bytes, WorkspaceFiles = Files };
}
