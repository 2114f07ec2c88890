using BuildFarm.Scheduling.Events;

namespace BuildFarm.Scheduling.Queues;

/// <summary>
/// Gives exclusive names to those that wait for them. An execution takes all of its names at once, when it is the oldest that waits for
/// each; so of all that wait the oldest is never held up by a younger one, and none can wait for each other in a circle. A name comes
/// back when the worker is known to have ended the attempt that had it, not when its lease ends.
/// </summary>
internal static class NameGrants
{
    /// <summary>Looks only at names that came free or that somebody began or ceased to wait for.</summary>
    public static void Run(Turn turn)
    {
        while (turn.State.NextToTakeNames() is { } execution)
        {
            turn.Emit(new NamesTaken(execution.Id));
            turn.Try(execution);
        }
    }
}
