namespace BuildFarm.Scheduling.Commands;

/// <summary>
/// The first command after a replay: a coordinator has taken over. Leases start again on its clock, and the effects that the one
/// before may not have carried out come again.
/// </summary>
public sealed record Resume : Command;
