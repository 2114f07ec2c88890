using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator.Loop;

/// <summary>
/// Carries effects out once their events are durable. Called by the loop alone, so nothing here may wait for anything but
/// room in a queue.
/// </summary>
public interface IEffectRelease
{
    /// <summary>What one round of the loop wants done. Replies go out by themselves after it.</summary>
    ValueTask ReleaseAsync(Round round, CancellationToken cancellationToken);

    /// <summary>What a worker should be doing now.</summary>
    void Publish(DesiredState desired);
}
