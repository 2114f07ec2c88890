using BuildFarm.Coordinator.History;
using BuildFarm.Coordinator.Loop;
using BuildFarm.V1;
using Grpc.Core;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>A job that runs, or one that has finished: exactly one of the two is set.</summary>
public readonly record struct FoundJob(JobRecord? Active, FinishedJob? Finished)
{
    /// <summary>The job's whole id.</summary>
    public string Id => Active?.Id.Value ?? Finished!.Job.JobId;

    /// <summary>The events after a sequence, live ones too while the job runs.</summary>
    public IAsyncEnumerable<JobEvent> ReadEventsAsync(long since, CancellationToken cancellationToken)
    {
        var newest = Active?.Log.Sequence ?? Finished!.Job.Sequence;

        // A sequence that this log has not reached is of another farm's job: everything again.
        var from = since > newest ? 0 : since;
        return Active is { } job
            ? job.Log.ReadAsync(from, cancellationToken)
            : Finished!.Events.Where(jobEvent => jobEvent.Sequence > from).ToAsyncEnumerable();
    }
}

/// <summary>Finds jobs by id, or by a prefix of it that is long enough not to be a slip.</summary>
public sealed class JobFinder(SchedulerQueue queue, JobTable table, IJobHistory history)
{
    /// <summary>Characters that a prefix needs at least.</summary>
    public const int ShortestPrefix = 4;

    /// <exception cref="RpcException">NOT_FOUND: there is none; INVALID_ARGUMENT: the prefix is too short or names several; UNAVAILABLE: the coordinator is going away.</exception>
    public async ValueTask<FoundJob> FindAsync(string idOrPrefix, CancellationToken cancellationToken)
    {
        if (idOrPrefix.Length < ShortestPrefix)
        {
            throw Error(StatusCode.InvalidArgument, $"'{idOrPrefix}' is too short for a job id; give at least {ShortestPrefix} characters");
        }

        await queue.OpenedOrUnavailableAsync(cancellationToken);

        // A job enters the history before it leaves the table: looking in this order never misses it.
        var active = table.FindByPrefix(idOrPrefix);
        var finished = await history.FindAsync(idOrPrefix, cancellationToken);
        var found = active.Select(job => new FoundJob(job, null)).Concat(finished.Select(job => new FoundJob(null, job)))
            .DistinctBy(job => job.Id, StringComparer.Ordinal)
            .ToList();
        return found.Count switch
        {
            0 => throw Error(StatusCode.NotFound, $"no job '{idOrPrefix}'; it may have been forgotten, or be another farm's"),
            1 => found[0],
            _ => found.Find(job => string.Equals(job.Id, idOrPrefix, StringComparison.Ordinal)) is var exact && exact != default
                ? exact
                : throw Error(StatusCode.InvalidArgument, $"'{idOrPrefix}' is the beginning of more than one job id; give more characters"),
        };
    }

    private static RpcException Error(StatusCode code, string message) => new(new Status(code, message));
}
