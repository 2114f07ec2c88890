using BuildFarm.Cli.Inputs;
using BuildFarm.Cli.Runs;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;

namespace BuildFarm.Cli.JobFiles;

/// <summary>One command as a job of one task.</summary>
public sealed record CommandRequest
{
    /// <summary>The command and its arguments.</summary>
    public required IReadOnlyList<string> Words { get; init; }

    /// <summary>The folder it takes with it; null for none.</summary>
    public string? Input { get; init; }

    /// <summary>What to call it; null for the command itself.</summary>
    public string? Name { get; init; }

    /// <summary>Paths that it makes.</summary>
    public IReadOnlyList<string> Outputs { get; init; } = [];

    /// <summary>Thousandths of a CPU; 0 for the farm's default.</summary>
    public long CpuMillis { get; init; }

    /// <summary>Bytes; 0 for the farm's default.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Wall time of one attempt; null for the farm's default.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Environment variables.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Container image.</summary>
    public string? Image { get; init; }

    /// <summary>Asks for a network.</summary>
    public bool Network { get; init; }

    /// <summary>Names of secrets that the farm holds.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>Runs whatever the cache has.</summary>
    public bool NoCache { get; init; }

    /// <summary>How often a failure is tried again.</summary>
    public int Retries { get; init; }

    /// <summary>What else it holds while it runs, by name.</summary>
    public IReadOnlyDictionary<string, long> Resources { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>Lists and hashes the input, and makes the job.</summary>
    public async Task<CompiledJob> CompileAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var tree = InputTree.Empty;
        if (Input is not null)
        {
            var folder = FolderInput.Open(Input, time, cancellationToken);
            await folder.HashAsync(folder.Entries, cancellationToken);
            tree = folder.Tree(folder.Entries);
        }

        var title = TitleOf(Name ?? ShellWords.Join(Words));
        var template = new TaskTemplate
        {
            Name = title,
            Kind = TaskKind.Build,
            InputRootDigest = tree.Tree.Root.ToProto(),
            Resources = TaskCommand.Resources(CpuMillis, MemoryBytes, Resources),
            Retries = Retries,
            DoNotCache = NoCache || Network,
            Timeout = Timeout is { } timeout ? Duration.FromTimeSpan(timeout) : null,
        };
        template.Arguments.AddRange(Words);
        template.Secrets.AddRange(Secrets);
        template.OutputPaths.AddRange(Outputs);
        template.RequiredOutputPaths.AddRange(Outputs);
        foreach (var (name, value) in Environment)
        {
            template.Environment[name] = value;
        }

        TaskCommand.AddPlatform(template.Platform, Image, Network);
        var spec = new JobSpec { Name = title, Submitter = Submitter.Name() };
        spec.Tasks.Add(template);
        return new CompiledJob(spec, [tree]);
    }

    // A name has at most 200 characters and no control character.
    private static string TitleOf(string text)
    {
        var clean = Output.TaskText.Clean(text).Replace('\t', ' ').Trim();
        clean = string.Concat(clean.Where(c => !char.IsControl(c)));
        return clean.Length == 0 ? "command" : clean.Length <= 120 ? clean : clean[..119] + "…";
    }
}
