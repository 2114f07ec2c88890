namespace BuildFarm.BlobStore.Tests.Conformance;

/// <summary>The system's clock, of which no timer ever fires.</summary>
public sealed class StoppedTime : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
}
