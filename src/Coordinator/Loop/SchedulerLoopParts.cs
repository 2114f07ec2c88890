using BuildFarm.Coordinator.Journal;
using BuildFarm.Coordinator.Leading;
using BuildFarm.Hosting.Health;
using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator.Loop;

/// <summary>What the loop drives.</summary>
/// <param name="Scheduler">Decides.</param>
/// <param name="State">Touched by the loop alone.</param>
/// <param name="Journal">Makes decisions durable.</param>
/// <param name="Codec">Writes events and facts for the journal.</param>
/// <param name="Shadow">Follows what is durable.</param>
/// <param name="Recovery">Brings the state back before the first command.</param>
/// <param name="Effects">Carries effects out.</param>
/// <param name="Options">For the declared pools.</param>
/// <param name="Metrics">Counts.</param>
/// <param name="Leadership">Comes before everything else, and is given back after it.</param>
/// <param name="Readiness">Its gate <see cref="ReadinessGate"/> opens when the state has been recovered.</param>
public sealed record SchedulerLoopParts(
    Scheduler Scheduler,
    SchedulerState State,
    IJournal Journal,
    IEventCodec Codec,
    JournalShadow Shadow,
    JournalRecovery Recovery,
    IEffectRelease Effects,
    CoordinatorOptions Options,
    CoordinatorMetrics Metrics,
    ILeadership Leadership,
    Readiness Readiness)
{
    /// <summary>What the process waits for before it is ready.</summary>
    public const string ReadinessGate = "the journal";
}
