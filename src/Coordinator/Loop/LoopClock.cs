using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator.Loop;

/// <summary>The loop's time, and its one timer: for the next deadline of everything that the state knows.</summary>
internal sealed class LoopClock : IDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly ITimer _timer;

    public LoopClock(TimeProvider time, Action wakeUp)
    {
        _time = time;
        _start = time.GetTimestamp();
        _timer = time.CreateTimer(_ => wakeUp(), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Now; the monotonic part counts from the making of this clock.</summary>
    public SchedulerTime Now => new(_time.GetElapsedTime(_start), _time.GetUtcNow());

    /// <summary>Wakes the loop at <paramref name="deadline"/> (monotonic), or not at all.</summary>
    public void WakeAt(TimeSpan? deadline)
    {
        var wait = deadline is { } at ? at - _time.GetElapsedTime(_start) : Timeout.InfiniteTimeSpan;
        if (deadline is not null)
        {
            // Timers count whole milliseconds: one that fires early would make the loop spin until the deadline has come.
            wait = TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 0, LongestWait.TotalMilliseconds));
        }

        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();
}
