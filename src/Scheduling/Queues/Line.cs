using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Queues;

/// <summary>The one order of all that waits, across queues.</summary>
internal static class Line
{
    /// <summary>
    /// Whether one queued execution goes before another: priority and age first, then the flow with less CPU time, then the longest
    /// expected, then the older.
    /// </summary>
    public static bool StandsBefore(this ExecutionEntry execution, ExecutionEntry other)
    {
        if (execution.Place!.Band.OutRanks(other.Place!.Band) is { } outranks)
        {
            return outranks;
        }

        return ReferenceEquals(execution.Flow, other.Flow) ? execution.GoesBefore(other) : execution.Flow.GoesBefore(other.Flow);
    }
}
