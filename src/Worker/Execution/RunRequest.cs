using BuildFarm.Digests;
using BuildFarm.V1;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Execution.Guards;

namespace BuildFarm.Worker.Execution;

/// <summary>One container to run for an attempt.</summary>
/// <param name="Spec">The container.</param>
/// <param name="Assignment">Names its log streams.</param>
/// <param name="Timeout">How long it may run.</param>
/// <param name="Outputs">Declared outputs, from the workspace's root, in normal form.</param>
internal sealed record RunRequest(ContainerSpec Spec, Assignment Assignment, TimeSpan Timeout, IReadOnlyCollection<string> Outputs)
{
    /// <summary>What the digests of its result are made with.</summary>
    public DigestFunction Function { get; init; } = DigestFunction.Sha256;

    /// <summary>Of its home.</summary>
    public IReadOnlyList<IRunGuard> Guards { get; init; } = [];
}
