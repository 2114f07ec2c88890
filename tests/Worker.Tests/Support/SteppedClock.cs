namespace BuildFarm.Worker.Tests.Support;

/// <summary>A clock that moves when a test says, whatever the machine does meanwhile; its timers are the machine's.</summary>
internal sealed class SteppedClock : TestTime
{
    // Long after the beginning of time, so that there is a long ago.
    private long _now = TimeSpan.TicksPerDay;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public void Step(TimeSpan by) => Interlocked.Add(ref _now, by.Ticks);
}
