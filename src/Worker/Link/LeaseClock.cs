namespace BuildFarm.Worker.Link;

/// <summary>
/// Whether the coordinator may still count on this worker, by the worker's monotonic clock: steps of the wall clock change
/// nothing.
/// </summary>
internal sealed class LeaseClock(TimeProvider time)
{
    private readonly Lock gate = new();
    private long heard = time.GetTimestamp();
    private TimeSpan duration = TimeSpan.FromSeconds(30);

    /// <summary>How often the coordinator wants to hear from the worker.</summary>
    public TimeSpan HeartbeatInterval { get; private set; } = TimeSpan.FromSeconds(5);

    /// <summary>The coordinator has answered.</summary>
    /// <returns>True when the heartbeat interval is another than before.</returns>
    public bool Heard(TimeSpan heartbeatInterval, TimeSpan leaseDuration)
    {
        lock (gate)
        {
            heard = time.GetTimestamp();
            if (leaseDuration > TimeSpan.Zero)
                duration = leaseDuration;
            if (heartbeatInterval <= TimeSpan.Zero || heartbeatInterval == HeartbeatInterval)
                return false;
            HeartbeatInterval = heartbeatInterval;
            return true;
        }
    }

    /// <summary>Time until the lease ends; not positive once it has.</summary>
    public TimeSpan Remaining
    {
        get
        {
            lock (gate)
            {
                return duration - time.GetElapsedTime(heard);
            }
        }
    }
}
