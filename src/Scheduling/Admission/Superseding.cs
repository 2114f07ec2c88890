using BuildFarm.Scheduling.Jobs;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Admission;

/// <summary>
/// A newer job takes the place of the older unfinished one of its key. What is newer is decided by acceptance alone: a submit that is
/// repeated under its idempotency key joins the job that it began, which may have been superseded, and takes nobody's place.
/// </summary>
internal static class Superseding
{
    /// <summary>The job that a new one takes the place of; null when there is none.</summary>
    public static JobEntry? FindOlder(SchedulerState state, JobSpec spec) =>
        spec.SupersedeKey.Length > 0 ? state.NewestByKey.GetValueOrDefault(spec.SupersedeKey) : null;

    /// <summary>The newer was accepted.</summary>
    public static void Supersede(Turn turn, JobEntry older, JobEntry newer)
    {
        var name = newer.Spec.Name.Length > 0 ? $" ({newer.Spec.Name})" : "";
        Cancellation.Cancel(turn, older, $"superseded by job {newer.Id}{name}");
    }

    /// <summary>A journal that ends inside a command may hold the newer job, and not yet the end of the older.</summary>
    public static bool TryGoOn(Turn turn, JobEntry job)
    {
        if (job.Cancelling || FindOlder(turn.State, job.Spec) is not { } newest || ReferenceEquals(newest, job))
        {
            return false;
        }

        Supersede(turn, job, newest);
        return true;
    }
}
