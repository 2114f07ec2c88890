using System.Collections.Immutable;

namespace BuildFarm.Scheduling.Commands;

/// <summary>
/// Says which pools there are. Pools that are not listed leave as soon as no worker belongs to them; until then they take no part
/// in judging what is possible. Listing the same pools again changes nothing.
/// </summary>
public sealed record DeclarePools(ImmutableArray<PoolSpec> Pools) : Command;
