using BuildFarm.Worker.Containers;

namespace BuildFarm.Worker.Execution.Guards;

/// <summary>Looks at a container while it runs.</summary>
internal interface IRunGuard
{
    /// <summary>Completes with the reason for which the container must end; never, until cancelled, when there is none.</summary>
    Task<RunEnd> WatchAsync(IRunningContainer container, CancellationToken cancellationToken);
}
