namespace BuildFarm.Scheduling.State;

/// <summary>What a flow was charged for an attempt, so that it can be put right when the attempt has ended.</summary>
/// <param name="Flow">The one that was charged; null when none is to be put right.</param>
/// <param name="Ticks">How long it was expected to take.</param>
/// <param name="Flows">How many flows its submitter had waiting.</param>
internal readonly record struct CountedTime(Flow? Flow, long Ticks, int Flows);
