namespace BuildFarm.Scheduling.Events;

/// <summary>How far fair share has come at one priority.</summary>
/// <param name="Priority">Which.</param>
/// <param name="Pass">Of what started last.</param>
public readonly record struct RestoredLevel(int Priority, long Pass);
