namespace BuildFarm.Scheduling.Events;

/// <summary>What an idempotency key stands for.</summary>
/// <param name="Key">As submitted.</param>
/// <param name="Job">The job that the first submit with the key began.</param>
/// <param name="Identity">Of its spec.</param>
public sealed record RestoredKey(string Key, JobId Job, string Identity);
