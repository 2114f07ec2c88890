using BuildFarm.Scheduling.Events;

namespace BuildFarm.Coordinator.Journal;

/// <summary>One record as it was read: a scheduler's event, or a fact of the coordinator.</summary>
/// <param name="Change">Set for an event.</param>
/// <param name="Fact">Set for a fact.</param>
public readonly record struct JournalEntry(Event? Change, JournalFact? Fact);
