using System.CommandLine;
using BuildFarm.Cli.Connection;
using BuildFarm.Cli.Output;
using BuildFarm.Hosting;
using BuildFarm.V1;
using Grpc.Core;

namespace BuildFarm.Cli.Commands;

/// <summary><c>farm why ACTION</c>, <c>farm why RUN [TASK]</c> or <c>farm why TARGET [MNEMONIC]</c>: what differs from the nearest action before it.</summary>
internal static class WhyCommand
{
    private static readonly Argument<string> Of = new("ACTION|RUN|TARGET") { Description = "Digest of an action as HASH/SIZE, id of a run, or a target as Bazel names it: its newest action." };
    private static readonly Argument<string?> Task = new("TASK") { Description = "Name of one task of the run; of a target the mnemonic of its action.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<string?> OfInstance = new("--instance") { Description = "Instance of the action; default: the unnamed one.", HelpName = "NAME" };
    private static readonly Option<bool> Json = CommonOptions.Json();

    public static Command Create(CommandContext context)
    {
        var command = new Command("why", "Say why an action had to run: what differs from the nearest one before it.") { Of, Task, OfInstance, Json };
        command.SetAction((parsed, token) => RunAsync(context, parsed, token));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var farm = context.Finder(parsed).FindRunning();
        var (of, task) = (parsed.GetRequiredValue(Of), parsed.GetValue(Task));
        var request = new ExplainActionRequest { InstanceName = parsed.GetValue(OfInstance) ?? "" };
        if (of.StartsWith("//", StringComparison.Ordinal) || of.StartsWith('@'))
        {
            request.TaskName = task is null ? of : $"{of} {task}";
        }
        else if (of.Contains('/', StringComparison.Ordinal))
        {
            request.Action = task is null ? of : throw FarmException.Usage("An action has no task; write 'farm why HASH/SIZE', or 'farm why RUN TASK'.");
        }
        else
        {
            (request.JobId, request.TaskName) = (of, task ?? "");
        }

        ActionExplanation answer;
        try
        {
            answer = await farm.Jobs.ExplainActionAsync(request, cancellationToken: cancellationToken);
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.NotFound or StatusCode.InvalidArgument)
        {
            throw FarmException.Usage($"{char.ToUpperInvariant(error.Status.Detail.FirstOrDefault('?'))}{error.Status.Detail[Math.Min(1, error.Status.Detail.Length)..]}.", error);
        }
        catch (RpcException error)
        {
            throw error.ToFarmException(farm.Address, $"asking why {TaskText.Clean(of)} ran");
        }

        if (parsed.GetValue(Json))
        {
            WhyText.WriteJson(new JsonLines(context.Terminal.Out), answer);
        }
        else
        {
            WhyText.Write(context.Terminal.OutText, answer, context.Time);
        }

        return ExitCode.Ok;
    }
}
