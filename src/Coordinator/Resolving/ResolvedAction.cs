using BuildFarm.Digests;
using BuildFarm.Scheduling;

namespace BuildFarm.Coordinator.Resolving;

/// <summary>A task's action, stored with everything that it refers to.</summary>
/// <param name="Digest">Of the REAPI Action.</param>
/// <param name="Cacheable">Whether it may be looked up, merged and stored.</param>
/// <param name="Locality">What it shares with other tasks.</param>
public readonly record struct ResolvedAction(Digest Digest, bool Cacheable, LocalityKeys Locality);
