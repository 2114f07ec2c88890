using BuildFarm.Coordinator.Journal;
using BuildFarm.Scheduling.Effects;

namespace BuildFarm.Coordinator.Loop;

/// <summary>What one round of the loop released.</summary>
/// <param name="Effects">In order.</param>
/// <param name="Facts">Those of the round's commands: what the effects' handles and job ids stand for.</param>
/// <param name="Attempts">Records that tell who runs and ran what.</param>
/// <param name="End">The last record of the journal that is durable with it.</param>
public sealed record Round(IReadOnlyList<Effect> Effects, IReadOnlyList<JournalFact> Facts, IReadOnlyList<JournalEntry> Attempts, long End);
