using System.Diagnostics;
using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Grpc.Net.Client;
using Digest = BuildFarm.Digests.Digest;

namespace BuildFarm.Bench.EndToEnd;

/// <summary>Submits jobs over one open channel and waits for their end, as the command line does.</summary>
internal sealed class JobClient(GrpcChannel channel)
{
    private readonly Jobs.JobsClient _jobs = new(channel);

    /// <summary>A task without input; its Action is that of no other task when <paramref name="mark"/> is new.</summary>
    public static TaskTemplate Template(string name, string mark, bool cached, params string[] arguments)
    {
        var template = new TaskTemplate { Name = name, Kind = TaskKind.Build, DoNotCache = !cached, InputRootDigest = Digest.Empty.ToProto() };
        template.Arguments.AddRange(arguments);
        template.Environment.Add("BENCH_MARK", mark);
        return template;
    }

    /// <summary>Stores the empty Directory, the input root of all these tasks.</summary>
    public async System.Threading.Tasks.Task UploadInputAsync()
    {
        var request = new BatchUpdateBlobsRequest();
        request.Requests.Add(new BatchUpdateBlobsRequest.Types.Request { Digest = Digest.Empty.ToProto() });
        var answer = await new ContentAddressableStorage.ContentAddressableStorageClient(channel).BatchUpdateBlobsAsync(request);
        if (answer.Responses is not [{ Status: null or { Code: 0 } }])
        {
            throw new InvalidOperationException($"the farm does not take the empty directory: {answer}");
        }
    }

    /// <summary>From the call of SubmitJob to the event that the job has finished; every task must have succeeded.</summary>
    public async Task<JobRun> RunAsync(params IEnumerable<TaskTemplate> tasks)
    {
        var spec = new JobSpec { Name = "bench", Submitter = "bench" };
        spec.Tasks.AddRange(tasks);
        var start = Stopwatch.GetTimestamp();
        var id = await SubmitAsync(spec);
        var finished = await FinishAsync(id);
        var elapsed = Stopwatch.GetElapsedTime(start);
        return finished.Summary.Succeeded == spec.Tasks.Count
            ? new JobRun(id, elapsed, finished.Summary)
            : throw new InvalidOperationException($"not every task succeeded: {finished.Summary}");
    }

    public async Task<string> SubmitAsync(JobSpec spec) => (await _jobs.SubmitJobAsync(new SubmitJobRequest { Spec = spec })).JobId;

    /// <summary>Ends a job and waits until nothing of it runs.</summary>
    public async System.Threading.Tasks.Task CancelAsync(string id)
    {
        await _jobs.CancelJobAsync(new CancelJobRequest { JobId = id, Reason = "the measurement has what it wants" });
        await FinishAsync(id);
    }

    /// <summary>What each task used.</summary>
    public async Task<IReadOnlyList<ResourceUsage>> UsagesAsync(string id) =>
        [.. (await _jobs.GetJobAsync(new GetJobRequest { JobId = id })).Tasks.Select(task => task.Usage)];

    private async Task<Job> FinishAsync(string id)
    {
        using var watch = _jobs.WatchJob(new WatchJobRequest { JobId = id });
        while (await watch.ResponseStream.MoveNext(CancellationToken.None))
        {
            if (watch.ResponseStream.Current.Finished is { } finished)
            {
                return finished;
            }
        }

        throw new InvalidOperationException($"the events of job {id} ended before it had finished");
    }
}

/// <summary>A job that has finished.</summary>
internal sealed record JobRun(string Id, TimeSpan Elapsed, JobSummary Summary);
