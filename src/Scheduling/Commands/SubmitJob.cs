namespace BuildFarm.Scheduling.Commands;

/// <summary>Asks for a job. Answered by SubmitAccepted or SubmitRefused.</summary>
/// <param name="Job">A fresh id; not used when the submit joins an older job.</param>
/// <param name="IdempotencyKey">Empty, or a key: a second submit with it and an equal spec joins the first's job.</param>
/// <param name="Spec">The graph.</param>
public sealed record SubmitJob(JobId Job, string IdempotencyKey, JobSpec Spec) : Command;
