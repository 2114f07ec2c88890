using BuildFarm.Scheduling.Jobs;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling.Memory;

/// <summary>
/// An execution that ran out of memory is tried once more with twice as much, or with all that the largest worker that can run it
/// has. What it gets belongs to the attempt: its Action, and so its place in the cache, stays what it is. Neither its retries nor
/// those of the farm are charged.
/// </summary>
internal static class MemoryRetry
{
    private const int Factor = 2;

    /// <summary>How many bytes the next attempt gets; null when there is none, because it had its one or nobody has more.</summary>
    public static long? FindMore(ExecutionEntry execution, Resources had)
    {
        if (execution.Setbacks is { MemoryBefore: > 0 })
        {
            return null;
        }

        var most = LargestWorker.MostMemory(execution.Shape, had);
        return most > had.MemoryBytes ? Math.Min(most, Factor * had.MemoryBytes) : null;
    }

    /// <summary>Why there is no further attempt, after what the worker says.</summary>
    public static string Explain(ExecutionEntry execution, Resources had, string message)
    {
        var why = execution.Setbacks is { MemoryBefore: > 0 and var before }
            ? $"it had {Amounts.Memory(had.MemoryBytes)}, after {Amounts.Memory(before)} was not enough"
            : $"it had {Amounts.Memory(had.MemoryBytes)}, and no worker that can run it has more";
        return message.Length > 0 ? $"{message}; {why}" : why;
    }
}
