using System.CommandLine;
using BuildFarm.Cli.Farms;
using BuildFarm.Cli.Inputs;
using BuildFarm.Cli.JobFiles;
using BuildFarm.Cli.Runs;

namespace BuildFarm.Cli.Commands;

/// <summary><c>farm submit [options] -- COMMAND…</c> and <c>farm submit [options] FILE.yaml</c>.</summary>
internal static class SubmitCommand
{
    private static readonly Argument<string?> File = new("FILE") { Description = "A job file. Without one, put a command after '--'.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<string?> Input = new("--input") { Description = "The folder to send; default: this one.", HelpName = "DIR" };
    private static readonly Option<bool> NoInput = new("--no-input") { Description = "Send no files." };
    private static readonly Option<string[]> Output = new("--output") { Description = "A file or folder to bring back on success; repeatable.", HelpName = "PATH" };
    private static readonly Option<string?> OutputDir = new("--output-dir") { Description = "Where outputs go; default: this folder.", HelpName = "DIR" };
    private static readonly Option<string?> Cpu = new("--cpu") { Description = "CPUs, such as 2 or 0.5.", HelpName = "N" };
    private static readonly Option<string?> Memory = new("--memory") { Description = "Memory limit, such as 512M or 2G.", HelpName = "SIZE" };
    private static readonly Option<string?> Timeout = new("--timeout") { Description = "Wall time of one attempt, such as 90s or 1h30m.", HelpName = "TIME" };
    private static readonly Option<string[]> Resource = new("--resource") { Description = "What else to hold, as the workers count it, such as gpu=1; repeatable.", HelpName = "NAME=AMOUNT" };
    private static readonly Option<string?> Retries = new("--retries") { Description = "How often a failure is tried again; default 0, at most 10.", HelpName = "N" };
    private static readonly Option<string[]> Env = new("--env") { Description = "An environment variable; repeatable.", HelpName = "NAME=VALUE" };
    private static readonly Option<string?> Image = new("--image") { Description = "Container image to run in.", HelpName = "IMAGE" };
    private static readonly Option<bool> Network = new("--network") { Description = "Ask for a network; the result is then not cached." };
    private static readonly Option<string?> Name = new("--name") { Description = "What to call the job.", HelpName = "NAME" };

    public static Command Create(CommandContext context)
    {
        var command = new Command("submit", "Run a command, or the tasks of a job file, on the farm.")
        {
            File, Input, NoInput, Output, OutputDir, Cpu, Memory, Resource, Timeout, Retries, Env, SecretFlag.Option, Image, Network, Name,
        };
        RunFlags.AddTo(command);
        UsageHelp.Set(command, "farm submit [options] -- COMMAND…", "farm submit [options] FILE.yaml");
        command.SetAction((parsed, token) => RunAsync(context, parsed, token));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, ParseResult parsed, CancellationToken cancellationToken)
    {
        var file = parsed.GetValue(File);
        if (file is not null == context.Words is not null)
        {
            throw FarmException.Usage(file is null
                ? "Nothing to submit: name a job file, or put a command after '--', as in: farm submit -- make test"
                : "Both a job file and a command are given; leave one out.");
        }

        var options = Options(parsed, context.Words is not null);
        var finder = context.Finder(parsed);

        // Everything that can be wrong with the request is found before a farm is started for it.
        var compiling = file is null ? CommandJobAsync(context, parsed, cancellationToken) : FileJobAsync(context, parsed, file, cancellationToken);
        if (compiling.IsCompleted)
        {
            await compiling;
        }

        await using var farm = await finder.FindAsync(() => EmbeddedFarm.StartAsync(context, cancellationToken));
        return await new JobRunner(context.Terminal, context.Time).RunAsync(farm, await compiling, options, cancellationToken);
    }

    private static RunOptions Options(ParseResult parsed, bool isCommand)
    {
        var outputs = parsed.GetValue(Output) ?? [];
        foreach (var output in outputs)
        {
            if (OutputPath.Objection(output) is { } objection)
            {
                throw FarmException.Usage($"The output '{output}' {objection}.");
            }
        }

        return RunFlags.Read(parsed) with
        {
            Outputs = [.. outputs.Select(OutputPath.Normalize)],
            OutputFolder = parsed.GetValue(OutputDir) ?? ".",
            IsCommand = isCommand,
        };
    }

    private static async Task<CompiledJob> CommandJobAsync(CommandContext context, ParseResult parsed, CancellationToken cancellationToken)
    {
        if (context.Words is null or [])
        {
            throw FarmException.Usage("There is no command after '--'.");
        }

        var request = new CommandRequest
        {
            Words = context.Words,
            Input = CommandInput.Choose(parsed.GetValue(Input), parsed.GetValue(NoInput), context.Terminal),
            Name = parsed.GetValue(Name),
            Outputs = [.. (parsed.GetValue(Output) ?? []).Select(OutputPath.Normalize)],
            CpuMillis = CommonOptions.Cpu(parsed.GetValue(Cpu)),
            MemoryBytes = CommonOptions.Memory(parsed.GetValue(Memory)),
            Timeout = CommonOptions.Timeout(parsed.GetValue(Timeout)),
            Environment = Environment(parsed.GetValue(Env) ?? []),
            Image = parsed.GetValue(Image),
            Network = parsed.GetValue(Network),
            Secrets = SecretFlag.Read(parsed),
            NoCache = parsed.GetValue(RunFlags.NoCache),
            Retries = CommonOptions.Number("--retries", parsed.GetValue(Retries), 0, 0, 10),
            Resources = CommonOptions.Named("--resource", parsed.GetValue(Resource) ?? []),
        };
        var job = await request.CompileAsync(context.Time, cancellationToken);
        RunFlags.Apply(parsed, job.Spec);
        return job;
    }

    private static async Task<CompiledJob> FileJobAsync(CommandContext context, ParseResult parsed, string file, CancellationToken cancellationToken)
    {
        foreach (var option in new Option[] { Input, NoInput, Cpu, Memory, Resource, Timeout, Retries, Env, SecretFlag.Option, Image, Network })
        {
            if (parsed.GetResult(option) is { Implicit: false })
            {
                throw FarmException.Usage($"{option.Name} goes with a command; a job file says it for each of its tasks.");
            }
        }

        var job = await JobFileCompiler.CompileAsync(JobFileReader.Read(file), context.Time, cancellationToken);
        foreach (var output in (parsed.GetValue(Output) ?? []).Select(OutputPath.Normalize))
        {
            RequireDeclared(output, file, [.. job.Spec.Tasks.SelectMany(task => task.OutputPaths).Select(OutputPath.Normalize)]);
        }

        job.Spec.Name = parsed.GetValue(Name) ?? job.Spec.Name;
        RunFlags.Apply(parsed, job.Spec);
        if (parsed.GetValue(RunFlags.NoCache))
        {
            foreach (var task in job.Spec.Tasks)
            {
                task.DoNotCache = true;
            }
        }

        return job;
    }

    // A declared output may be a folder that has the wanted path in it, and a wanted folder may hold several outputs.
    private static void RequireDeclared(string wanted, string file, IReadOnlyCollection<string> declared)
    {
        if (!declared.Any(path => OutputPath.IsAtOrBelow(path, wanted) || OutputPath.IsAtOrBelow(wanted, path)))
        {
            throw FarmException.Usage(declared.Count == 0
                ? $"No task of {file} declares an output, so there is no '{wanted}' to bring back; add it to the 'outputs:' of the task that makes it."
                : $"No task of {file} declares the output '{wanted}'{JobFileErrors.Suggest(wanted, declared)}");
        }
    }

    private static Dictionary<string, string> Environment(string[] assignments)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var assignment in assignments)
        {
            var equals = assignment.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw FarmException.Usage($"--env is '{assignment}'; write NAME=VALUE.");
            }

            environment[assignment[..equals]] = assignment[(equals + 1)..];
        }

        return environment;
    }
}
