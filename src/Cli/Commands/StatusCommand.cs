using System.CommandLine;
using BuildFarm.Cli.Connection;
using BuildFarm.Cli.Output;
using BuildFarm.Cli.Runs;
using BuildFarm.Hosting;
using BuildFarm.V1;
using Grpc.Core;

namespace BuildFarm.Cli.Commands;

/// <summary><c>farm status RUN [TASK]</c>: every task of a run as it is now, or all that there is to say of one.</summary>
internal static class StatusCommand
{
    private static readonly Argument<string> Run = new("RUN") { Description = "Id of a run, or at least four characters of its beginning." };
    private static readonly Argument<string?> Task = new("TASK")
    {
        Description = "Name of one task: shows what it asks for and all that is known of it.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<bool> Json = CommonOptions.Json();

    public static Command Create(CommandContext context)
    {
        var command = new Command("status", "Show the tasks of a run, and what each waits for.") { Run, Task, Json };
        command.SetAction((parsed, token) => RunAsync(context, parsed, token));
        return command;
    }

    /// <summary>Fetches a job; an unknown id is a usage error.</summary>
    public static async Task<FarmJob> GetAsync(FarmConnection farm, string run, CancellationToken cancellationToken, string? task = null)
    {
        try
        {
            return await farm.Jobs.GetJobAsync(new GetJobRequest { JobId = run, ExplainTask = task ?? string.Empty }, cancellationToken: cancellationToken);
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
        var job = await GetAsync(farm, parsed.GetRequiredValue(Run), cancellationToken, parsed.GetValue(Task));
        var task = parsed.GetValue(Task) is { } name ? Find(job, name) : null;
        if (parsed.GetValue(Json))
        {
            WriteJson(new JsonLines(context.Terminal.Out), job, task is null ? job.Tasks : [task]);
        }
        else if (task is null)
        {
            StatusText.Write(context.Terminal.OutText, context.Terminal.OutPalette, job, context.Time);
        }
        else
        {
            StatusText.Write(context.Terminal.OutText, context.Terminal.OutPalette, job, task, context.Time);
        }

        return job.State == JobState.Finished ? RunVerdict.Of(job, job.Tasks).ExitCode : ExitCode.Ok;
    }

    private static FarmTask Find(FarmJob job, string name) =>
        job.Tasks.FirstOrDefault(task => string.Equals(task.Name, name, StringComparison.Ordinal))
        ?? throw FarmException.Usage(
            $"Run {job.JobId} has no task '{name}'; see 'farm status {job.JobId}'."
            + (Nearest.Of(name, job.Tasks.Select(static task => task.Name)) is { } nearest ? $" Did you mean '{nearest}'?" : string.Empty));

    private static void WriteJson(JsonLines lines, FarmJob job, IEnumerable<FarmTask> tasks) => lines.Write("buildfarm.job/1", json =>
    {
        json.WriteString("run_id", job.JobId);
        json.WriteNumber("seq", job.Sequence);
        JsonFields.Write(json, job);
        json.WriteStartArray("tasks");
        foreach (var task in tasks)
        {
            json.WriteStartObject();
            JsonFields.Write(json, task);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
