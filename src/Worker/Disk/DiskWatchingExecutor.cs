using BuildFarm.V1;
using BuildFarm.Worker.Execution;

namespace BuildFarm.Worker.Disk;

/// <summary>
/// Looks at the disk when an attempt ends by a fault that is not its own, before anybody hears of it: so a task that a full disk has
/// ended is not given to the same worker again.
/// </summary>
internal sealed class DiskWatchingExecutor(IActionExecutor inner, DiskWatch disk) : IActionExecutor
{
    public async Task<Completion> ExecuteAsync(Assignment assignment, Action<AttemptPhase> enterPhase, CancellationToken cancellationToken)
    {
        var completion = await inner.ExecuteAsync(assignment, enterPhase, cancellationToken);
        if (completion.Outcome == Outcome.Infrastructure)
            disk.Look();
        return completion;
    }
}
