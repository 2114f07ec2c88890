using System.Diagnostics;

namespace BuildFarm.Bench;

/// <summary>How long something takes.</summary>
internal static class Timing
{
    public static async Task<double> MillisecondsAsync(Func<Task> action)
    {
        var started = Stopwatch.GetTimestamp();
        await action();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }
}
