using BuildFarm.Scheduling.Events;

namespace BuildFarm.Scheduling.Queues;

/// <summary>
/// Keeps low priorities from starving: what could start nothing for a while rises by a step of priority, until it stands before the
/// highest priority there is; when it has started something it falls back. Looked at once a step for each shape and priority,
/// never for each task.
/// </summary>
internal static class AgingPolicy
{
    /// <summary>The last stage of a command: what was queued in it and still waits is looked at again later.</summary>
    public static void Watch(Turn turn)
    {
        foreach (var execution in turn.ToWatch)
        {
            if (execution.Place is { Band.Aging.IsSet: false })
            {
                Set(turn, execution.Place.Band);
            }
        }
    }

    /// <summary>The moment has come.</summary>
    public static void Look(Turn turn, PriorityBand band)
    {
        if (!band.HasStarted && band.Priority < HighestOf(turn) && band.Rank <= HighestOf(turn))
        {
            turn.Emit(new BandAged(band.Head!.Id));
        }

        Set(turn, band);
    }

    private static void Set(Turn turn, PriorityBand band) =>
        turn.Emit(new AgingSet(band.Head!.Id, turn.Now.Monotonic + turn.Options.AgingInterval));

    private static int HighestOf(Turn turn)
    {
        var highest = int.MinValue;
        foreach (var level in turn.State.Levels.Values)
        {
            highest = level.Shares.Count > 0 ? Math.Max(highest, level.Priority) : highest;
        }

        return highest;
    }
}
