using BuildFarm.Coordinator.Jobs;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Digest = BuildFarm.Digests.Digest;
using Task = BuildFarm.V1.Task;

namespace BuildFarm.Coordinator.Reapi;

/// <summary>An operation with the job that does its work.</summary>
/// <param name="Name">As clients call it.</param>
/// <param name="Job">Running, or ended.</param>
/// <param name="Action">What it runs.</param>
public sealed record FoundOperation(OperationName Name, FoundJob Job, Digest Action)
{
    /// <summary>One that runs.</summary>
    public FoundOperation(JobRecord job)
        : this(new OperationName(job.InstanceName, job.Id.Value), new FoundJob(job, null), ActionOf(job.Spec.Tasks[0]))
    {
    }

    /// <summary>The Action of a template that has one.</summary>
    public static Digest ActionOf(TaskTemplate template)
    {
        ArgumentNullException.ThrowIfNull(template);
        return template.ActionDigest.ToDigest("action_digest", template.DigestFunction.ToDigestFunction());
    }

    /// <summary>The only task, as it is now.</summary>
    public Task Newest => Job.Active?.TaskAt(0) ?? Job.Finished!.Job.Tasks[0];
}
