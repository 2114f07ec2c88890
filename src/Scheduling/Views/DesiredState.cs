using System.Collections.Immutable;

namespace BuildFarm.Scheduling;

/// <summary>What a worker should be doing: what it has and is not listed here, it ends and forgets.</summary>
/// <param name="Worker">Which.</param>
/// <param name="Incarnation">For which process of it.</param>
/// <param name="Revision">Grows with each change; the worker's reports repeat the newest that they take account of.</param>
/// <param name="Assignments">In order of assignment.</param>
public sealed record DesiredState(WorkerId Worker, string Incarnation, long Revision, ImmutableArray<Assignment> Assignments)
{
    /// <summary>Why the worker is out of service until it has ended what is not listed; empty when it is not.</summary>
    public string Evicted { get; init; } = "";
}
