using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Resolving;
using BuildFarm.Coordinator.Workers;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Effects;

namespace BuildFarm.Coordinator.Loop;

/// <summary>Where effects go: look-ups to the work beside the loop, desired states to the links, everything else to the hub.</summary>
public sealed class EffectRelease(JobEventHub hub, IActionWork work, LinkRegistry links, ChildWaits waits) : IEffectRelease
{
    /// <inheritdoc />
    public ValueTask ReleaseAsync(Round round, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(round);
        foreach (var wanted in round.Effects.OfType<LookUpAction>())
        {
            work.Enqueue(wanted);
        }

        foreach (var answered in round.Effects.OfType<ChildWaitAnswered>())
        {
            waits.Answer(answered);
        }

        return hub.AcceptAsync(round, cancellationToken);
    }

    /// <inheritdoc />
    public void Publish(DesiredState desired) => links.Publish(desired);
}
