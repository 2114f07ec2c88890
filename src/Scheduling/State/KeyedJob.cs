namespace BuildFarm.Scheduling.State;

/// <summary>What an idempotency key stands for; outlives the job in the state.</summary>
/// <param name="Job">The job that the first submit with the key began.</param>
/// <param name="Identity">Of its spec: what a repetition must equal.</param>
internal readonly record struct KeyedJob(JobId Job, string Identity);
