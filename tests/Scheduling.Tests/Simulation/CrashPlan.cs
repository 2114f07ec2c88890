namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>Where the coordinator dies.</summary>
/// <param name="Kept">How many events of the flush are written.</param>
/// <param name="Released">How many of its effects are released; none unless all is written.</param>
internal readonly record struct Crash(int Kept, int Released);

/// <summary>Says at each flush whether the coordinator dies in it.</summary>
/// <param name="flush">The number of the flush, from 1.</param>
/// <param name="events">How many events it writes.</param>
/// <param name="effects">How many effects wait for it.</param>
internal delegate Crash? CrashPlan(int flush, int events, int effects);
