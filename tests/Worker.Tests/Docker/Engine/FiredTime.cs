namespace BuildFarm.Worker.Tests.Docker.Engine;

/// <summary>Timers that fire when the test says.</summary>
internal sealed class FiredTime : TimeProvider
{
    private readonly List<Timer> timers = [];

    /// <summary>The time of everything that has one is up.</summary>
    public void Fire()
    {
        Timer[] due;
        lock (timers)
            due = [.. timers];
        foreach (var timer in due)
            timer.Fire();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(() => callback(state));
        timer.Change(dueTime, period);
        lock (timers)
            timers.Add(timer);
        return timer;
    }

    private sealed class Timer(Action fire) : ITimer
    {
        private volatile bool armed;

        public void Fire()
        {
            if (armed)
                fire();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            armed = dueTime != Timeout.InfiniteTimeSpan;
            return true;
        }

        public void Dispose() => armed = false;

        public ValueTask DisposeAsync()
        {
            armed = false;
            return default;
        }
    }
}
