using BuildFarm.Cli.Inputs;
using BuildFarm.Cli.Runs;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;

namespace BuildFarm.Cli.JobFiles;

/// <summary>A job that is ready to be sent, and the trees that must be at the farm before.</summary>
/// <param name="Spec">What to submit.</param>
/// <param name="Trees">The inputs of its tasks.</param>
public sealed record CompiledJob(JobSpec Spec, IReadOnlyList<InputTree> Trees);

/// <summary>Makes a job of a job file: expands <c>for-each</c>, finds inputs, and turns keys into templates.</summary>
public static class JobFileCompiler
{
    /// <summary>Tasks that one job may have.</summary>
    public const int MaxTasks = 50_000;

    /// <summary>Compiles.</summary>
    /// <exception cref="FarmException">A pattern names nothing, or two tasks get one name.</exception>
    public static async Task<CompiledJob> CompileAsync(JobFile file, TimeProvider time, CancellationToken cancellationToken)
    {
        var folder = FolderInput.Open(file.Folder, time, cancellationToken);
        var inputs = new JobFileInputs(file, folder, cancellationToken);
        var expanded = file.Tasks.ToDictionary(task => task.Name.Text, task => Expand(file, task, inputs), StringComparer.Ordinal);
        var all = file.Tasks.SelectMany(task => expanded[task.Name.Text]).ToArray();
        if (all.Length > MaxTasks)
        {
            throw FarmException.Usage($"{file.Path}: the job has {all.Length} tasks, more than {MaxTasks}; let one task take several files.");
        }

        await folder.HashAsync(all.SelectMany(one => one.Entries), cancellationToken);
        var spec = new JobSpec
        {
            Name = file.Name,
            Submitter = Submitter.Name(),
            Priority = file.Priority,
            Deadline = DurationOf(file.Deadline),
            SupersedeKey = file.Supersede,
        };
        var trees = new Dictionary<IReadOnlyCollection<InputEntry>, InputTree>(ReferenceEqualityComparer.Instance);
        var homes = new JobFileHomes(file, time);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var one in all)
        {
            if (!names.Add(one.Name))
            {
                throw JobFileErrors.At(file.Path, one.Source.Name.At, $"two tasks would be called '{one.Name}'; rename one.");
            }

            if (!trees.TryGetValue(one.Entries, out var tree))
            {
                trees.Add(one.Entries, tree = folder.Tree(one.Entries));
            }

            spec.Tasks.Add(Template(one, tree, expanded));
            spec.Tasks[^1].Home = await homes.OfAsync(one.Source, cancellationToken);
        }

        return new CompiledJob(spec, [.. trees.Values, .. homes.Trees]);
    }

    private static List<ExpandedTask> Expand(JobFile file, JobFileTask task, JobFileInputs inputs)
    {
        if (task.ForEach is not { } pattern)
        {
            return [new ExpandedTask(task, task.Name.Text, null, inputs.Of(task, null, null))];
        }

        var expanded = new List<ExpandedTask>();
        foreach (var path in inputs.Files(pattern))
        {
            var name = $"{task.Name.Text}:{path}";
            if (name.Length > 200)
            {
                throw JobFileErrors.At(file.Path, task.Name.At, $"the task for {path} would have a name longer than 200 characters; shorten '{task.Name.Text}'.");
            }

            var placeholders = new Placeholders(path);
            expanded.Add(new ExpandedTask(task, name, placeholders, inputs.Of(task, placeholders, path)));
        }

        return expanded;
    }

    private static TaskTemplate Template(ExpandedTask one, InputTree tree, Dictionary<string, List<ExpandedTask>> expanded)
    {
        var task = one.Source;
        var template = new TaskTemplate
        {
            Name = one.Name,
            Kind = task.IsTest ? TaskKind.Test : TaskKind.Build,
            InputRootDigest = tree.Tree.Root.ToProto(),
            Resources = TaskCommand.Resources(task.CpuMillis, task.MemoryBytes, task.Resources),
            Retries = task.Retries,
            Priority = task.Priority,
            Deadline = DurationOf(task.Deadline),
            DoNotCache = !task.Cache || task.Network,
            Timeout = DurationOf(task.Timeout),
        };
        template.Arguments.AddRange(TaskCommand.Arguments(task.Run, one.Placeholders));
        foreach (var (name, value) in task.Environment)
        {
            template.Environment[name] = one.Fill(value);
        }

        template.Exclusive.AddRange(task.Exclusive);
        template.Secrets.AddRange(task.Secrets);
        template.Needs.AddRange(task.Needs.SelectMany(need => expanded[need.Text]).Select(needed => needed.Name).Distinct(StringComparer.Ordinal));
        foreach (var output in task.Outputs)
        {
            var path = one.Fill(output.Text);
            template.OutputPaths.Add(path);
            template.RequiredOutputPaths.Add(path);
        }

        TaskCommand.AddPlatform(template.Platform, task.Image, task.Network, task.NestedUserNamespaces);
        return template;
    }

    private static Duration? DurationOf(TimeSpan? time) => time is { } span ? Duration.FromTimeSpan(span) : null;

    private sealed record ExpandedTask(JobFileTask Source, string Name, Placeholders? Placeholders, IReadOnlyCollection<InputEntry> Entries)
    {
        public string Fill(string text) => Placeholders is null ? text : Placeholders.Fill(text);
    }
}
