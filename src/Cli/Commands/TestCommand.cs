using System.CommandLine;
using BuildFarm.Cli.Farms;
using BuildFarm.Cli.Inputs;
using BuildFarm.Cli.JobFiles;
using BuildFarm.Cli.Runs;
using BuildFarm.Cli.Testing;
using BuildFarm.Hosting;
using BuildFarm.TestSplitting;
using BuildFarm.TestSplitting.PythonDoctest;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Cli.Commands;

/// <summary><c>farm test [PATHS]</c>: the Python doctests below the paths, a task a file.</summary>
internal static class TestCommand
{
    private static readonly Argument<string[]> Paths = new("PATHS") { Description = "Files and folders with doctests; default: this folder.", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<string?> Python = new("--python") { Description = "The interpreter in the task's root; default python3.", HelpName = "PROGRAM" };
    private static readonly Option<string?> Timeout = new("--timeout") { Description = "Wall time of one file, such as 90s or 10m; default 10m.", HelpName = "TIME" };

    public static Command Create(CommandContext context)
    {
        var command = new Command("test", "Run the doctests of Python files, each in its own container and home.")
        {
            Paths, Python, Timeout, SecretFlag.Option,
        };
        RunFlags.AddTo(command);
        command.SetAction((parsed, token) => RunAsync(context, parsed, token));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, ParseResult parsed, CancellationToken cancellationToken)
    {
        var options = RunFlags.Read(parsed) with
        {
            Finished = (farm, tasks, token) => SayTotalsAsync(context, farm, tasks, token),
        };
        var timeout = CommonOptions.Timeout(parsed.GetValue(Timeout)) ?? TimeSpan.FromMinutes(10);
        var secrets = SecretFlag.Read(parsed);
        var noCache = parsed.GetValue(RunFlags.NoCache);
        var spec = new JobSpec
        {
            Name = "doctests",
            Submitter = Submitter.Name(),
        };
        RunFlags.Apply(parsed, spec);
        var project = FolderInput.Open(Directory.GetCurrentDirectory(), context.Time, cancellationToken);
        var selection = new TestSelection(Select(project, parsed.GetValue(Paths) ?? []));
        var splitter = new PythonDoctestSplitter(new PythonDoctestOptions { Python = parsed.GetValue(Python) ?? "python3" });
        var files = await splitter.DiscoverAsync(
            selection, (path, _) => ValueTask.FromResult<Stream>(File.OpenRead(Path.Combine(project.Folder, path))), cancellationToken);
        if (files.Count == 0)
        {
            await context.Terminal.Error.WriteLineAsync($"No doctests in {selection.Files.Count} files below {project.Folder}: nothing ran.");
            return ExitCode.NothingRan;
        }

        var trees = await PlannedJob.AddAsync(
            spec,
            splitter.Plan(files, RecordedTimes.None),
            project,
            template =>
            {
                template.Timeout = Duration.FromTimeSpan(timeout);
                template.DoNotCache = noCache;
                template.Secrets.AddRange(secrets);
            },
            cancellationToken);
        await using var farm = await context.Finder(parsed).FindAsync(() => EmbeddedFarm.StartAsync(context, cancellationToken));
        return await new JobRunner(context.Terminal, context.Time).RunAsync(farm, new CompiledJob(spec, trees), options, cancellationToken);
    }

    // Paths as typed, relative to the current folder, which is the project.
    private static string[] Select(FolderInput project, string[] paths)
    {
        var files = project.Entries.Where(entry => entry.Facts.Kind == FileKind.File).Select(entry => entry.Path);
        if (paths.Length == 0)
        {
            return [.. files];
        }

        var wanted = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            var relative = Path.GetRelativePath(project.Folder, Path.GetFullPath(path));
            if (!Path.Exists(path))
            {
                throw FarmException.Usage($"The path {path} does not exist; name files or folders below {project.Folder}.");
            }

            if (relative == ".." || relative.StartsWith("../", StringComparison.Ordinal))
            {
                throw FarmException.Usage($"The path {path} is outside {project.Folder}; run farm test from the project's folder.");
            }

            wanted.UnionWith(InputPatterns.Under(project.Entries, relative));
        }

        return [.. files.Where(wanted.Contains)];
    }

    private static async Task SayTotalsAsync(
        CommandContext context, Connection.FarmConnection farm, IReadOnlyCollection<FarmTask> tasks, CancellationToken cancellationToken) =>
        await context.Terminal.Error.WriteLineAsync((await DoctestTotals.ReadAsync(farm, tasks, cancellationToken)).Text);
}
