using System.CommandLine;
using BuildFarm.Cli.Connection;
using BuildFarm.Cli.Output;
using BuildFarm.Cli.Runs;
using BuildFarm.Hosting;
using BuildFarm.V1;
using Grpc.Core;

namespace BuildFarm.Cli.Commands;

/// <summary><c>farm status RUN</c>: every task of a run as it is now.</summary>
internal static class StatusCommand
{
    private static readonly Argument<string> Run = new("RUN") { Description = "Id of a run, or at least four characters of its beginning." };
    private static readonly Option<bool> Json = CommonOptions.Json();

    public static Command Create(CommandContext context)
    {
        var command = new Command("status", "Show the tasks of a run.") { Run, Json };
        command.SetAction((parsed, token) => RunAsync(context, parsed, token));
        return command;
    }

    /// <summary>Fetches a job; an unknown id is a usage error.</summary>
    public static async Task<FarmJob> GetAsync(FarmConnection farm, string run, CancellationToken cancellationToken)
    {
        try
        {
            return await farm.Jobs.GetJobAsync(new GetJobRequest { JobId = run }, cancellationToken: cancellationToken);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            throw FarmException.Usage($"The farm at {farm.Address} knows no run '{run}'; see 'farm jobs'.", error);
        }
        catch (RpcException error)
        {
            throw error.ToFarmException(farm.Address, $"asking for run {run}");
        }
    }

    private static async Task<int> RunAsync(CommandContext context, ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var farm = context.Finder(parsed).FindRunning();
        var job = await GetAsync(farm, parsed.GetRequiredValue(Run), cancellationToken);
        if (parsed.GetValue(Json))
        {
            WriteJson(new JsonLines(context.Terminal.Out), job);
        }
        else
        {
            WriteText(context, job);
        }

        return job.State == JobState.Finished ? RunVerdict.Of(job, job.Tasks).ExitCode : ExitCode.Ok;
    }

    private static void WriteJson(JsonLines lines, FarmJob job) => lines.Write("buildfarm.job/1", json =>
    {
        json.WriteString("run_id", job.JobId);
        json.WriteNumber("seq", job.Sequence);
        JsonFields.Write(json, job);
        json.WriteStartArray("tasks");
        foreach (var task in job.Tasks)
        {
            json.WriteStartObject();
            JsonFields.Write(json, task);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static void WriteText(CommandContext context, FarmJob job)
    {
        var (to, palette) = (context.Terminal.OutText, context.Terminal.OutPalette);
        to.WriteLine($"{palette.Bold($"Run {job.JobId}")}  {TaskText.Clean(job.Name)}  {JobText.State(job)}, submitted {JobText.Ago(job.SubmittedAt, context.Time)} by {TaskText.Clean(job.Submitter)}");
        var facts = JobText.Facts(job);
        if (facts.Length > 0)
        {
            to.WriteLine($"  {palette.Dim(facts)}");
        }

        foreach (var task in job.Tasks)
        {
            var why = task.State == TaskState.Finished ? TaskText.Reason(task) : TaskText.Clean(task.Message);
            var worker = task.Worker.Length > 0 ? $"  @{TaskText.Clean(task.Worker)}" : string.Empty;
            var attempts = TaskText.Attempts(task) is { Length: > 0 } text ? $"  {text}" : string.Empty;
            to.WriteLine($"  {palette.Label($"{TaskText.Label(task),-6}")} {TaskText.Bracket(task)} {task.Name}{(why.Length > 0 ? $"  {why}" : string.Empty)}{palette.Dim(attempts + worker)}");
        }

        var elapsed = job is { SubmittedAt: not null, FinishedAt: not null }
            ? (job.FinishedAt - job.SubmittedAt).ToTimeSpan()
            : context.Time.GetUtcNow() - (job.SubmittedAt?.ToDateTimeOffset() ?? context.Time.GetUtcNow());
        if (job.State == JobState.Finished)
        {
            foreach (var line in SummaryText.Lines(job.Summary ?? new JobSummary(), elapsed))
            {
                to.WriteLine(line);
            }
        }
        else
        {
            to.WriteLine($"{job.Tasks.Count(task => task.State == TaskState.Finished)} of {job.Tasks.Count} done after {Durations.Brief(elapsed)}; follow it with: farm watch {job.JobId}");
        }
    }
}
