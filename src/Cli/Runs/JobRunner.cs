using BuildFarm.Cli.Connection;
using BuildFarm.Cli.Inputs;
using BuildFarm.Cli.JobFiles;
using BuildFarm.Cli.Output;
using BuildFarm.Hosting;
using Grpc.Core;

namespace BuildFarm.Cli.Runs;

/// <summary>Takes a job from its files to its exit status: sends inputs, submits, follows, brings outputs back.</summary>
public sealed class JobRunner(FarmTerminal terminal, TimeProvider time)
{
    private const int SubmitTries = 5;

    /// <summary>Runs the job at the farm.</summary>
    public async Task<int> RunAsync(FarmConnection farm, CompiledJob job, RunOptions options, CancellationToken cancellationToken)
    {
        if (job.Spec.Tasks.Count == 0)
        {
            await terminal.Error.WriteLineAsync("There is nothing to run.");
            return ExitCode.NothingRan;
        }

        if (options.Detach && farm.IsEmbedded)
        {
            throw FarmException.Usage("--detach needs a farm that stays: start one with 'farm up', or name one with --farm.");
        }

        var url = await farm.ReachAsync(cancellationToken);
        var sent = await new BlobUploader(farm).SendAsync(job.Trees, cancellationToken);
        var submitted = await SubmitAsync(farm, job.Spec, options, cancellationToken);
        var runId = submitted.JobId;
        var reporter = Reporter(options);
        reporter.Started(new RunStart(
            runId,
            job.Spec.Name,
            Facts(job, sent, submitted.Joined),
            farm.IsEmbedded ? null : farm.WatchCommand(runId),
            string.IsNullOrEmpty(url) ? null : $"{url.TrimEnd('/')}/runs/{runId}"));
        if (options.Detach)
        {
            await terminal.OutText.WriteLineAsync(runId);
            return ExitCode.Ok;
        }

        return await FollowAsync(farm, new RunView(runId), reporter, options, since: 0, cancellationToken);
    }

    /// <summary>Follows a run that the farm has already, from after event <paramref name="since"/>.</summary>
    public async Task<int> WatchAsync(FarmConnection farm, RunView view, RunOptions options, long since, CancellationToken cancellationToken)
    {
        await farm.ReachAsync(cancellationToken);
        return await FollowAsync(farm, view, Reporter(options), options, since, cancellationToken);
    }

    private async Task<int> FollowAsync(
        FarmConnection farm, RunView view, IRunReporter reporter, RunOptions options, long since, CancellationToken cancellationToken)
    {
        var log = new TaskLog(farm, time);
        var failures = new FailureOutputSink(log);
        await using var live = new LiveOutputSink(log, options.Json ? terminal.ErrorStream : terminal.Out, terminal.ErrorStream, time);
        var policy = new StopPolicy(terminal.CanAsk, !farm.IsEmbedded, options.TerminateCancels);
        var follower = new RunFollower(farm, view, reporter, options.IsCommand ? live : failures, policy, time);
        var exitCode = await follower.FollowAsync(since, cancellationToken);
        if (view.Ended is null)
        {
            return exitCode;
        }

        if (options.Finished is { } finished && !options.Json)
        {
            await finished(farm, view.Tasks, cancellationToken);
        }

        if (options.JUnit is { } junit)
        {
            JUnitFile.Write(junit, view.Accepted?.Name ?? view.RunId, view.Tasks, failures.Excerpts);
        }

        if (exitCode == ExitCode.Ok && options.Outputs.Count > 0)
        {
            var files = await new OutputDownloader(farm, options.OutputFolder).DownloadAsync(view.Tasks, options.Outputs, cancellationToken);
            reporter.Note($"Outputs: {files} written to {options.OutputFolder}");
        }

        return exitCode;
    }

    private IRunReporter Reporter(RunOptions options) =>
        options.Json ? new JsonReporter(new JsonLines(terminal.Out), terminal.Error)
        : options.IsCommand ? Reporters.ForCommand(terminal, options.Progress, time)
        : Reporters.ForTasks(terminal, options.Progress, time);

    // The key makes a repeated call harmless: the second finds the job of the first.
    private async Task<V1.SubmitJobResponse> SubmitAsync(FarmConnection farm, V1.JobSpec spec, RunOptions options, CancellationToken cancellationToken)
    {
        var request = new V1.SubmitJobRequest { IdempotencyKey = options.IdempotencyKey ?? Guid.NewGuid().ToString("N"), Spec = spec };
        var room = new RoomWait(options.Patience, Random.Shared.NextDouble);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await farm.Jobs.SubmitJobAsync(request, cancellationToken: cancellationToken);
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable && attempt < SubmitTries)
            {
                await Task.Delay(TimeSpan.FromMilliseconds((200 << attempt) * (0.5 + (0.5 * Random.Shared.NextDouble()))), time, cancellationToken);
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.ResourceExhausted
                && error.RetryDelay() is { } asked && room.Next(asked) is { } wait)
            {
                await terminal.Error.WriteLineAsync($"The farm has no room yet: {error.Status.Detail}. Trying again in {Output.Durations.Brief(wait)}.");
                await Task.Delay(wait, time, cancellationToken);
                attempt--;
            }
            catch (RpcException error)
            {
                throw error.ToFarmException(farm.Address, "submitting the job");
            }
        }
    }

    private static string Facts(CompiledJob job, UploadReport sent, bool joined)
    {
        var tasks = job.Spec.Tasks.Count == 1 ? string.Empty : $"{job.Spec.Tasks.Count} tasks  ";
        return joined ? $"{tasks}joined: it was submitted before" : $"{tasks}{sent.Text}";
    }
}
