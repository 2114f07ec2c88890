using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;

namespace BuildFarm.Scheduling.Quarantine;

/// <summary>An operator vouches for a worker.</summary>
internal static class Release
{
    public static void Execute(Turn turn, ReleaseWorker release)
    {
        if (!turn.State.WorkersById.TryGetValue(release.Worker, out var worker))
        {
            turn.Do(new WorkerRefused(release.Correlation, release.Worker, $"no worker {release.Worker} is known"));
            return;
        }

        if (worker.IsQuarantined)
        {
            WorkerQuarantine.Release(turn, worker, onProbation: false);
        }

        turn.Do(new WorkerAccepted(release.Correlation, release.Worker));
    }
}
