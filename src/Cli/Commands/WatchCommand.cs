using System.CommandLine;
using BuildFarm.Cli.Output;
using BuildFarm.Cli.Runs;

namespace BuildFarm.Cli.Commands;

/// <summary><c>farm watch RUN</c>: a run from its beginning, or from an event on, until it ends.</summary>
internal static class WatchCommand
{
    private static readonly Argument<string> Run = new("RUN") { Description = "Id of a run, or at least four characters of its beginning." };
    private static readonly Option<string?> Since = new("--since") { Description = "Go on after this event number.", HelpName = "SEQ" };

    public static Command Create(CommandContext context)
    {
        var command = new Command("watch", "Follow a run to its end; leaving never cancels it.") { Run, Since, RunFlags.Json, RunFlags.JUnit, RunFlags.Progress, RunFlags.OnTerm };
        command.SetAction((parsed, token) => RunAsync(context, parsed, token));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, ParseResult parsed, CancellationToken cancellationToken)
    {
        var since = CommonOptions.Sequence("--since", parsed.GetValue(Since));
        var options = RunFlags.Read(parsed);
        await using var farm = context.Finder(parsed).FindRunning();
        var job = await StatusCommand.GetAsync(farm, parsed.GetRequiredValue(Run), cancellationToken);
        var view = new RunView(job.JobId);
        if (since > 0)
        {
            // What ended before is known, so that counts and the exit status are those of the whole run.
            view.Adopt(job, since);
        }

        if (!options.Json)
        {
            await context.Terminal.Error.WriteLineAsync(
                $"{context.Terminal.ErrorPalette.Bold($"Run {job.JobId}")}  {TaskText.Clean(job.Name)}  {JobText.State(job)}");
        }

        // One task's output is what a person wants to see of it, as when it was submitted.
        options = options with { IsCommand = job.Tasks.Count == 1 && job.Tasks[0].Name == job.Name };
        return await new JobRunner(context.Terminal, context.Time).WatchAsync(farm, view, options, since, cancellationToken);
    }
}
