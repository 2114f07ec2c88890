using System.CommandLine;
using BuildFarm.Cli.Connection;
using BuildFarm.Cli.Output;
using BuildFarm.Hosting;
using BuildFarm.V1;
using Grpc.Core;

namespace BuildFarm.Cli.Commands;

/// <summary><c>farm homes</c>: the homes that workers keep by name; <c>farm homes remove NAME</c>.</summary>
internal static class HomesCommand
{
    private static readonly Argument<string> Name = new("NAME") { Description = "As 'kept:' in a job file names it." };
    private static readonly Option<string?> OfWorker = new("--worker") { Description = "Only on this worker; default: on every one that keeps it.", HelpName = "WORKER" };
    private static readonly Option<string?> OfInstance = new("--instance") { Description = "Instance whose home it is; default: the unnamed one.", HelpName = "NAME" };
    private static readonly Option<bool> Json = CommonOptions.Json();

    public static Command Create(CommandContext context)
    {
        var remove = new Command("remove", "Remove a kept home that no task has.") { Name, OfWorker, OfInstance, Json };
        remove.SetAction((parsed, token) => RemoveAsync(context, parsed, token));
        var command = new Command("homes", "List the homes that workers keep by name.") { Json, remove };
        command.SetAction((parsed, token) => ListAsync(context, parsed, token));
        return command;
    }

    private static async Task<int> ListAsync(CommandContext context, ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var farm = context.Finder(parsed).FindRunning();
        ListHomesResponse answer;
        try
        {
            answer = await farm.Admin.ListHomesAsync(new ListHomesRequest(), cancellationToken: cancellationToken);
        }
        catch (RpcException error)
        {
            throw error.ToFarmException(farm.Address, "listing homes");
        }

        if (parsed.GetValue(Json))
        {
            WriteJson(context, answer.Homes);
        }
        else
        {
            WriteText(context, answer.Homes);
        }

        return ExitCode.Ok;
    }

    private static async Task<int> RemoveAsync(CommandContext context, ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var farm = context.Finder(parsed).FindRunning();
        var name = parsed.GetRequiredValue(Name);
        RemoveHomeResponse answer;
        try
        {
            answer = await farm.Admin.RemoveHomeAsync(
                new RemoveHomeRequest { Name = name, InstanceName = parsed.GetValue(OfInstance) ?? "", WorkerId = parsed.GetValue(OfWorker) ?? "" },
                cancellationToken: cancellationToken);
        }
        catch (RpcException error)
        {
            throw error.ToFarmException(farm.Address, $"removing the home {TaskText.Clean(name)}");
        }

        if (parsed.GetValue(Json))
        {
            WriteJson(context, answer.Homes);
            return ExitCode.Ok;
        }

        foreach (var home in answer.Homes)
        {
            await context.Terminal.OutText.WriteLineAsync($"removed {TaskText.Clean(home.Home.Name)} on {TaskText.Clean(home.WorkerId)}, {Durations.Bytes(home.Home.Bytes)}");
        }

        return ExitCode.Ok;
    }

    private static void WriteText(CommandContext context, IEnumerable<HomeInfo> homes)
    {
        var table = new TextTable("NAME", "INSTANCE", "WORKER", "SIZE", "USED", "USED BY");
        foreach (var home in homes)
        {
            table.Add(
                TaskText.Clean(home.Home.Name),
                TaskText.Clean(home.Home.InstanceName),
                TaskText.Clean(home.WorkerId),
                Durations.Bytes(home.Home.Bytes),
                JobText.Ago(home.Home.UsedAt, context.Time),
                TaskText.Clean(home.UsedBy));
        }

        table.WriteTo(context.Terminal.OutText);
    }

    private static void WriteJson(CommandContext context, IEnumerable<HomeInfo> homes)
    {
        var lines = new JsonLines(context.Terminal.Out);
        foreach (var home in homes)
        {
            lines.Write("buildfarm.home/1", json =>
            {
                json.WriteString("name", home.Home.Name);
                json.WriteString("instance", home.Home.InstanceName);
                json.WriteString("worker", home.WorkerId);
                json.WriteNumber("bytes", home.Home.Bytes);
                JsonFields.Time(json, "used_at", home.Home.UsedAt);
                json.WriteString("used_by", home.UsedBy);
            });
        }
    }
}
