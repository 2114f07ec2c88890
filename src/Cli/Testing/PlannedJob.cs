using BuildFarm.Cli.Inputs;
using BuildFarm.Digests.Trees;
using BuildFarm.TestSplitting;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;

namespace BuildFarm.Cli.Testing;

/// <summary>Turns the tasks of a splitter's plan into templates and the trees that they take.</summary>
public static class PlannedJob
{
    /// <summary>Adds the templates to <paramref name="spec"/> and returns their trees.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="plan">What to run.</param>
    /// <param name="project">The project's folder, with the paths that the plan names.</param>
    /// <param name="configure">Last changes to each template: resources, time limit, caching.</param>
    /// <param name="cancellationToken">Ends the reading of files.</param>
    public static async Task<IReadOnlyList<InputTree>> AddAsync(
        JobSpec spec, IReadOnlyList<PlannedTask> plan, FolderInput project, Action<TaskTemplate> configure, CancellationToken cancellationToken)
    {
        var byPath = project.Entries.ToDictionary(entry => entry.Path, StringComparer.Ordinal);
        var sources = plan.SelectMany(task => task.Inputs).Select(input => input.SourcePath).OfType<string>().Distinct(StringComparer.Ordinal);
        await project.HashAsync(
            plan.Any(task => task.NeedsProject) ? project.Entries : sources.Select(path => byPath[path]), cancellationToken);

        var trees = new Dictionary<string, InputTree>(StringComparer.Ordinal);
        foreach (var task in plan)
        {
            var added = task.Inputs.Where(input => input.SourcePath is null).ToDictionary(input => input.Path, input => input.Content, StringComparer.Ordinal);
            var key = $"{task.NeedsProject}|{string.Join('|', added.Keys)}|{(task.NeedsProject ? string.Empty : string.Join('|', task.Inputs.Select(input => input.SourcePath)))}";
            if (!trees.TryGetValue(key, out var tree))
            {
                var entries = task.NeedsProject
                    ? project.Entries
                    : [.. task.Inputs.Where(input => input.SourcePath is not null).Select(input => byPath[input.SourcePath!] with { Path = input.SourcePath! })];
                trees.Add(key, tree = project.Tree(entries, added));
            }

            spec.Tasks.Add(Template(task, tree, configure));
        }

        return [.. trees.Values];
    }

    private static TaskTemplate Template(PlannedTask task, InputTree tree, Action<TaskTemplate> configure)
    {
        var template = new TaskTemplate
        {
            Name = task.Name,
            Kind = TaskKind.Test,
            InputRootDigest = tree.Tree.Root.ToProto(),
            ExpectedDuration = task.ExpectedDuration is { } expected ? Duration.FromTimeSpan(expected) : null,
        };
        template.Arguments.AddRange(task.Arguments);
        template.OutputPaths.AddRange(task.Outputs);
        foreach (var (name, value) in task.Environment)
        {
            template.Environment[name] = value;
        }

        configure(template);
        return template;
    }
}
