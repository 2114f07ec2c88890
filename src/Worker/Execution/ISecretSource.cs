using BuildFarm.V1;
using BuildFarm.Worker.Containers;

namespace BuildFarm.Worker.Execution;

/// <summary>Where the secrets of an attempt come from.</summary>
internal interface ISecretSource
{
    /// <summary>What the assignment names, in its order; called only when it names any.</summary>
    /// <exception cref="InvalidActionException">The farm does not hold one of them any more.</exception>
    /// <exception cref="IOException">They are not to be had, for reasons of the farm.</exception>
    Task<IReadOnlyList<TaskSecret>> GetAsync(Assignment assignment, CancellationToken cancellationToken);
}
