namespace BuildFarm.Scheduling;

/// <summary>
/// The time of a command. Every deadline is counted on <paramref name="Monotonic"/>; <paramref name="Wall"/> is only ever shown.
/// </summary>
/// <param name="Monotonic">Since any fixed moment; never goes back while one coordinator runs.</param>
/// <param name="Wall">What a person's clock says; may step.</param>
public readonly record struct SchedulerTime(TimeSpan Monotonic, DateTimeOffset Wall);
