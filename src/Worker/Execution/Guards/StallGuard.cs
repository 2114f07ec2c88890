using System.Globalization;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Logs;

namespace BuildFarm.Worker.Execution.Guards;

/// <summary>
/// Ends a task that does nothing at all for long: no output, next to no CPU time and no I/O. One that computes in silence goes on,
/// and so does one that waits and says so. Time in which the worker did not look either counts for little: a machine that stood
/// still has stopped both.
/// </summary>
/// <param name="limit">How long it may do nothing.</param>
/// <param name="output">What it has written.</param>
/// <param name="time">The clock.</param>
internal sealed class StallGuard(TimeSpan limit, LogBudget output, TimeProvider time) : IRunGuard
{
    private const int LooksInLimit = 20;

    // What one look says for, in times between two looks.
    private const int MostIntervals = 2;

    // What idle runtimes use for their own timers and collectors.
    private const double IdleCpuShare = 0.002;
    private const double IdleBytesASecond = 1024;

    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(10);

    public async Task<RunEnd> WatchAsync(IRunningContainer container, CancellationToken cancellationToken)
    {
        var interval = TimeSpan.FromTicks(Math.Min(limit.Ticks / LooksInLimit, LongestInterval.Ticks));
        using var timer = new PeriodicTimer(interval, time);
        var last = Look(container);
        var (looked, idle) = (last.Ticks, TimeSpan.Zero);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var now = Look(container);
            var unseen = time.GetElapsedTime(looked, now.Ticks);
            idle += unseen < interval * MostIntervals ? unseen : interval * MostIntervals;
            looked = now.Ticks;
            if (IsActive(last, now, idle))
                (last, idle) = (now, TimeSpan.Zero);
            else if (idle >= limit)
                return new RunEnd(EndReason.Stalled, string.Create(CultureInfo.InvariantCulture, $"stalled: no output, CPU time or I/O for {idle.TotalSeconds:0.#} s"));
        }

        return new RunEnd(EndReason.Exited);
    }

    private static bool IsActive(Activity last, Activity now, TimeSpan elapsed) =>
        // Where nobody can see its processes nobody can say that they do nothing.
        now.Processes == 0
        || now.Output != last.Output
        || (now.Cpu - last.Cpu).TotalSeconds > elapsed.TotalSeconds * IdleCpuShare
        || Math.Abs(now.Bytes - last.Bytes) > elapsed.TotalSeconds * IdleBytesASecond;

    private Activity Look(IRunningContainer container)
    {
        var processes = container.Processes();
        return new(time.GetTimestamp(), output.Used, container.ReadUsage().CpuTime, processes.Sum(BytesOf), processes.Count);
    }

    /// <summary>Read and written, files, pipes and sockets alike.</summary>
    private static long BytesOf(int process)
    {
        try
        {
            return File.ReadLines($"/proc/{process}/io").Take(2).Sum(static line => long.Parse(line.AsSpan(line.IndexOf(' ') + 1), CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private sealed record Activity(long Ticks, long Output, TimeSpan Cpu, long Bytes, int Processes);
}
