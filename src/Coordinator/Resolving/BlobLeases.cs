using BuildFarm.BlobStore;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Coordinator.Resolving;

/// <summary>
/// Renews, again and again, the leases of the blobs that unfinished jobs count on: the inputs of what waits or runs, and the outputs of what they
/// need. The cache holds what was asked for lately, and a job may take longer than that. A job is younger than its first
/// renewal for as long as the look at its inputs holds.
/// </summary>
public sealed partial class BlobLeases(
    JobTable jobs, IBlobStore blobs, CoordinatorOptions options, TimeProvider time, ILogger<BlobLeases> logger) : BackgroundService
{
    /// <summary>Renews everything once.</summary>
    /// <returns>Blobs that the CAS has no more; who needs them will say so.</returns>
    public async Task<int> RenewAsync(CancellationToken cancellationToken)
    {
        var round = new LeaseRound(blobs);
        var since = time.GetUtcNow() - options.BlobRenewalInterval;
        foreach (var job in jobs.All.Where(job => job.SubmittedAt <= since))
        {
            await RenewAsync(job, round, cancellationToken);
        }

        await round.FlushAsync(cancellationToken);
        return round.Missing;
    }

    /// <inheritdoc />
    protected override async System.Threading.Tasks.Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.BlobRenewalInterval <= TimeSpan.Zero)
        {
            return;
        }

        using var timer = new PeriodicTimer(options.BlobRenewalInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TryRenewAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The coordinator stops.
        }
    }

    private static async System.Threading.Tasks.Task RenewAsync(JobRecord job, LeaseRound round, CancellationToken cancellationToken)
    {
        for (var index = 0; index < job.Spec.Tasks.Count; index++)
        {
            var task = job.TaskAt(index);
            if (task.State == TaskState.Finished)
            {
                continue;
            }

            var template = job.Spec.Tasks[index];
            var function = template.DigestFunction.ToDigestFunction() ?? Digests.DigestFunction.Sha256;
            await round.AddTreeAsync(template.InputRootDigest, function, cancellationToken);
            await round.AddTreeAsync(template.Home?.TemplateDigest, function, cancellationToken);
            await round.AddActionAsync(template.ActionDigest ?? task.ActionDigest, function, cancellationToken);
            foreach (var need in template.Needs)
            {
                await round.AddResultAsync(job.TaskAt(job.IndexOf(need)).Result, function, cancellationToken);
            }
        }
    }

    private async System.Threading.Tasks.Task TryRenewAsync(CancellationToken cancellationToken)
    {
        try
        {
            var missing = await RenewAsync(cancellationToken);
            if (missing > 0)
            {
                LogMissing(missing);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever a store or a damaged tree throws: the next round tries again.
            LogNotRenewed(e.Message.ReplaceLineEndings(" "));
        }
    }

    [LoggerMessage(EventId = 41, Level = LogLevel.Warning, Message = "the cache has lost {Missing} blobs that unfinished jobs count on; if it is full, raise its limit")]
    private partial void LogMissing(int missing);

    [LoggerMessage(EventId = 42, Level = LogLevel.Warning, Message = "the leases of unfinished jobs' blobs could not be renewed: {Problem}; trying again")]
    private partial void LogNotRenewed(string problem);
}
