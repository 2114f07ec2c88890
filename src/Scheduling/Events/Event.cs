namespace BuildFarm.Scheduling.Events;

/// <summary>
/// A change of the state, and the only thing that changes it. A journal keeps durable events under their numbers; replaying them in
/// order gives the state that was live.
/// </summary>
public abstract record Event
{
    /// <summary>The stable number of this kind of event.</summary>
    public abstract EventNumber Number { get; }

    /// <summary>
    /// False for what a restart may forget: when a worker was last heard, how far an attempt is. A journal skips these, and a
    /// fingerprint of the state leaves out what they touch.
    /// </summary>
    public virtual bool IsDurable => true;

    /// <summary>
    /// True for a durable event that nobody is told of and that the next report of its worker causes again when it was lost: it may
    /// become durable together with what comes next, as long as it stays before that.
    /// </summary>
    public virtual bool MayWait => false;
}
