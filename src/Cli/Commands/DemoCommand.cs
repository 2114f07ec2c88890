using System.CommandLine;
using BuildFarm.Cli.Demo;
using BuildFarm.Cli.Farms;
using BuildFarm.Cli.Runs;
using BuildFarm.Cli.Testing;

namespace BuildFarm.Cli.Commands;

/// <summary><c>farm demo</c>: one real build and one real run of doctests, on whatever farm there is.</summary>
internal static class DemoCommand
{
    private static readonly Option<string?> Data = new("--data") { Description = "Run on a farm of its own that keeps everything here.", HelpName = "DIR" };

    public static Command Create(CommandContext context)
    {
        var command = new Command("demo", "Build GoogleTest and run the doctests of Python's standard library.") { Data, RunFlags.NoCache, RunFlags.Json, RunFlags.JUnit, RunFlags.Progress };
        command.SetAction((parsed, token) => RunAsync(context, parsed, token));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, ParseResult parsed, CancellationToken cancellationToken)
    {
        var options = RunFlags.Read(parsed) with
        {
            Finished = async (farm, tasks, token) =>
                await context.Terminal.Error.WriteLineAsync($"doctests: {(await DoctestTotals.ReadAsync(farm, tasks, token)).Text}"),
        };
        var dataFolder = CommonOptions.DataFolder(parsed.GetValue(Data));
        await DemoPackages.EnsureAsync(context.Terminal, cancellationToken);
        var job = await DemoJob.BuildAsync(DemoSources.Debian, cancellationToken);
        if (parsed.GetValue(RunFlags.NoCache))
        {
            foreach (var task in job.Spec.Tasks)
            {
                task.DoNotCache = true;
            }
        }

        await using var farm = dataFolder is not null
            ? await EmbeddedFarm.StartAsync(context, dataFolder, cancellationToken)
            : await context.Finder(parsed).FindAsync(() => EmbeddedFarm.StartAsync(context, cancellationToken));
        return await new JobRunner(context.Terminal, context.Time).RunAsync(farm, job, options, cancellationToken);
    }
}
