using BuildFarm.Coordinator.Reapi;
using BuildFarm.Coordinator.Resolving;
using BuildFarm.Hosting;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>What the hub sets in motion besides telling.</summary>
/// <param name="Work">Takes tasks to resolve.</param>
/// <param name="Storer">Writes action-cache entries.</param>
/// <param name="Operations">Keeps what REAPI's Execute brought once it has ended.</param>
/// <param name="Durations">Learns from finished tasks.</param>
/// <param name="Filing">Told how far the history has come.</param>
/// <param name="Metrics">Counts.</param>
/// <param name="Time">For the times of events.</param>
/// <param name="Fatal">When it cannot go on.</param>
public sealed record JobHubParts(
    IActionWork Work,
    ActionStorer Storer,
    FinishedOperations Operations,
    RecordedDurations Durations,
    FilingProgress Filing,
    CoordinatorMetrics Metrics,
    TimeProvider Time,
    FatalError Fatal);
