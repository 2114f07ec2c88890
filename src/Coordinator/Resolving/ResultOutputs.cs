using Build.Bazel.Remote.Execution.V2;
using BuildFarm.V1;

namespace BuildFarm.Coordinator.Resolving;

/// <summary>What a result has of what a task must have.</summary>
internal static class ResultOutputs
{
    /// <summary>The first required output path that the result lacks; null when it has all.</summary>
    public static string? FirstAbsent(ActionResult result, TaskTemplate? template)
    {
        if (template is null || template.RequiredOutputPaths.Count == 0)
        {
            return null;
        }

        var present = result.OutputFiles.Select(file => file.Path)
            .Concat(result.OutputDirectories.Select(directory => directory.Path))
            .Concat(result.OutputSymlinks.Select(link => link.Path))
            .ToHashSet(StringComparer.Ordinal);
        return template.RequiredOutputPaths.FirstOrDefault(path => !present.Contains(path));
    }
}
