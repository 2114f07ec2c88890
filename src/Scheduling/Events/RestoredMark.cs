namespace BuildFarm.Scheduling.Events;

/// <summary>A locality key that a worker had lately.</summary>
/// <param name="Key">Which.</param>
/// <param name="At">The number of the attempt, of all that were started, that had it last.</param>
public readonly record struct RestoredMark(long Key, long At);
