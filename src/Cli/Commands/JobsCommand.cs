using System.CommandLine;
using System.Globalization;
using BuildFarm.Cli.Connection;
using BuildFarm.Cli.Output;
using BuildFarm.Hosting;
using BuildFarm.V1;
using Grpc.Core;

namespace BuildFarm.Cli.Commands;

/// <summary><c>farm jobs</c>: the newest runs.</summary>
internal static class JobsCommand
{
    private static readonly Option<bool> Json = CommonOptions.Json();
    private static readonly Option<string?> Limit = new("--limit") { Description = "How many to show; default 20.", HelpName = "N" };

    public static Command Create(CommandContext context)
    {
        var command = new Command("jobs", "List the newest runs.") { Limit, Json };
        command.SetAction((parsed, token) => RunAsync(context, parsed, token));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, ParseResult parsed, CancellationToken cancellationToken)
    {
        var limit = CommonOptions.Number("--limit", parsed.GetValue(Limit), 20, 1, 1000);
        await using var farm = context.Finder(parsed).FindRunning();
        ListJobsResponse answer;
        try
        {
            answer = await farm.Jobs.ListJobsAsync(new ListJobsRequest { PageSize = limit }, cancellationToken: cancellationToken);
        }
        catch (RpcException error)
        {
            throw error.ToFarmException(farm.Address, "listing jobs");
        }

        if (parsed.GetValue(Json))
        {
            var lines = new JsonLines(context.Terminal.Out);
            foreach (var job in answer.Jobs)
            {
                lines.Write("buildfarm.job/1", json =>
                {
                    json.WriteString("run_id", job.JobId);
                    JsonFields.Write(json, job);
                });
            }

            return ExitCode.Ok;
        }

        var table = new TextTable("RUN", "STATE", "TASKS", "OUTCOME", "SUBMITTED", "BY", "NAME");
        foreach (var job in answer.Jobs)
        {
            table.Add(
                job.JobId,
                JobText.State(job),
                (job.Summary?.Submitted ?? 0).ToString(CultureInfo.InvariantCulture),
                JobText.Outcome(job.Summary ?? new JobSummary()),
                JobText.Ago(job.SubmittedAt, context.Time),
                TaskText.Clean(job.Submitter),
                TaskText.Clean(job.Name));
        }

        table.WriteTo(context.Terminal.OutText);
        if (answer.Jobs.Count == 0)
        {
            await context.Terminal.Error.WriteLineAsync($"The farm at {farm.Address} has no jobs yet.");
        }

        return ExitCode.Ok;
    }
}
