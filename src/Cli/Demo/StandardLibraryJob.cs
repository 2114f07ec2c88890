using BuildFarm.Cli.Inputs;
using BuildFarm.Digests.Trees;
using BuildFarm.TestSplitting;
using BuildFarm.TestSplitting.PythonDoctest;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;

namespace BuildFarm.Cli.Demo;

/// <summary>
/// The standard library's doctests, one task a file. The library itself comes with the root that tasks run in; the tested file is declared as
/// an input beside it, so that a change of it is another Action.
/// </summary>
internal static class StandardLibraryJob
{
    public static async Task<IReadOnlyList<DemoTask>> BuildAsync(StandardLibrary library, HostFiles files, CancellationToken cancellationToken)
    {
        var splitter = new PythonDoctestSplitter(new PythonDoctestOptions
        {
            Python = library.Python,
            InstalledRoot = library.Folder,
            Known = StandardLibraryNotes.Known,
            NamePrefix = "doctest ",
        });
        var selection = new TestSelection(library.Files, path => !StandardLibraryNotes.Excluded.ContainsKey(path));
        var found = await splitter.DiscoverAsync(
            selection, (path, _) => ValueTask.FromResult<Stream>(File.OpenRead(Path.Combine(library.Folder, path))), cancellationToken);

        var tasks = new List<DemoTask>();
        foreach (var planned in splitter.Plan(found, RecordedTimes.None))
        {
            var inputs = await files.TreeAsync(
                planned.Inputs.Where(input => input.SourcePath is not null).Select(input => (input.Path, Path.Combine(library.Folder, input.SourcePath!))),
                planned.Inputs.Where(input => input.SourcePath is null).Select(input => (input.Path, input.Content)),
                cancellationToken);
            tasks.Add(new DemoTask(Template(planned, inputs), inputs));
        }

        return tasks;
    }

    private static TaskTemplate Template(PlannedTask planned, InputTree inputs)
    {
        var template = new TaskTemplate
        {
            Name = planned.Name,
            Kind = TaskKind.Test,
            InputRootDigest = inputs.Tree.Root.ToProto(),
            Timeout = Duration.FromTimeSpan(TimeSpan.FromMinutes(1)),
        };
        template.Arguments.AddRange(planned.Arguments);
        template.Environment.Add("PATH", "/usr/local/bin:/usr/bin:/bin");
        template.Environment.Add("LC_ALL", "C.UTF-8");
        foreach (var (name, value) in planned.Environment)
        {
            template.Environment.Add(name, value);
        }

        template.OutputPaths.AddRange(planned.Outputs);
        template.RequiredOutputPaths.AddRange(planned.Outputs);
        return template;
    }
}
