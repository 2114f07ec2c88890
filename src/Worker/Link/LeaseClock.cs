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

    /// <summary>
    /// The coordinator has answered. The lease counts from when the message was sent that it answers, because the answer may have been on its
    /// way, or in a buffer here, for any time: the coordinator counts from when that message came, so never from before.
    /// </summary>
    /// <param name="sent">Time stamp of that message; 0 when the coordinator does not tell, and its answer counts from now.</param>
    /// <param name="heartbeatInterval">What the answer says; not positive when it says nothing.</param>
    /// <param name="leaseDuration">What the answer says; not positive when it says nothing.</param>
    /// <returns>False when the answer is of a lease that has ended: nothing in it may be relied on.</returns>
    public bool Heard(long sent, TimeSpan heartbeatInterval, TimeSpan leaseDuration)
    {
        lock (gate)
        {
            var from = sent > 0 ? sent : time.GetTimestamp();
            var term = leaseDuration > TimeSpan.Zero ? leaseDuration : duration;
            if (time.GetElapsedTime(from) >= term)
                return false;
            heard = Math.Max(heard, from);
            duration = term;
            if (heartbeatInterval > TimeSpan.Zero)
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
