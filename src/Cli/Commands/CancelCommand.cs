using System.CommandLine;
using BuildFarm.Cli.Connection;
using BuildFarm.Cli.Runs;
using BuildFarm.Hosting;
using BuildFarm.V1;
using Grpc.Core;

namespace BuildFarm.Cli.Commands;

/// <summary><c>farm cancel RUN [TASK…]</c>: asks for the end of a run, or of some of its tasks.</summary>
internal static class CancelCommand
{
    private static readonly Argument<string> Run = new("RUN") { Description = "Id of a run, or at least four characters of its beginning." };
    private static readonly Argument<string[]> Tasks = new("TASK") { Description = "Tasks to end; none for the whole run.", Arity = ArgumentArity.ZeroOrMore };

    public static Command Create(CommandContext context)
    {
        var command = new Command("cancel", "End a run, or some of its tasks.") { Run, Tasks };
        command.SetAction((parsed, token) => RunAsync(context, parsed, token));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var farm = context.Finder(parsed).FindRunning();
        var job = await StatusCommand.GetAsync(farm, parsed.GetRequiredValue(Run), cancellationToken);
        var tasks = parsed.GetValue(Tasks) ?? [];
        foreach (var name in tasks)
        {
            if (!job.Tasks.Any(task => task.Name == name))
            {
                throw FarmException.Usage($"Run {job.JobId} has no task '{name}'{JobFiles.JobFileErrors.Suggest(name, job.Tasks.Select(task => task.Name))}");
            }
        }

        if (job.State == JobState.Finished)
        {
            await context.Terminal.Error.WriteLineAsync($"Run {job.JobId} has ended already.");
            return ExitCode.Ok;
        }

        var request = new CancelJobRequest { JobId = job.JobId, Reason = $"by {Submitter.Name()}" };
        request.TaskNames.AddRange(tasks);
        try
        {
            await farm.Jobs.CancelJobAsync(request, cancellationToken: cancellationToken);
        }
        catch (RpcException error)
        {
            throw error.ToFarmException(farm.Address, $"cancelling run {job.JobId}");
        }

        await context.Terminal.Error.WriteLineAsync(tasks.Length == 0
            ? $"Cancelling run {job.JobId}; see it end with: farm watch {job.JobId}"
            : $"Cancelling {tasks.Length} of the tasks of run {job.JobId}; see it go on with: farm watch {job.JobId}");
        return ExitCode.Ok;
    }
}
