using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Placement;

/// <summary>
/// Keeps big tasks from starving. A small task may start before a bigger one that does not fit yet; but when that happened often
/// enough, the worker at hand is kept free for the bigger one.
/// </summary>
internal static class OvertakingPolicy
{
    public static bool ShouldReserve(ExecutionEntry overtaken, SchedulerOptions options) =>
        overtaken.ReservedOn is null && overtaken.Overtaken >= options.OvertakenLimit;
}
