using BuildFarm.Cli.Inputs;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Cli.Demo;

/// <summary>
/// GoogleTest as a graph: one task compiles one unit, archives and links follow, and each sample's binary is a test of its own.
/// </summary>
internal sealed class GoogleTestJob
{
    private const string GTestLibrary = "lib/libgtest.a";
    private const string GTestMainLibrary = "lib/libgtest_main.a";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private static readonly string[] Flags =
    [
        "-std=c++14", "-O2", "-Wall", "-pthread",
        "-Igoogletest/include", "-Igooglemock/include", "-Igoogletest", "-Igooglemock",
    ];

    private readonly GoogleTestSources _sources;
    private readonly HostFiles _files;
    private readonly List<DemoTask> _tasks = [];

    private GoogleTestJob(GoogleTestSources sources, HostFiles files)
    {
        _sources = sources;
        _files = files;
    }

    public static async Task<IReadOnlyList<DemoTask>> BuildAsync(GoogleTestSources sources, HostFiles files, CancellationToken cancellationToken)
    {
        var job = new GoogleTestJob(sources, files);
        foreach (var unit in sources.GTest.Concat(sources.GMock))
        {
            await job.CompileAsync(unit, sources.Headers, cancellationToken);
        }

        foreach (var unit in sources.Samples)
        {
            await job.CompileAsync(unit, [.. sources.Headers, .. sources.SampleHeaders], cancellationToken);
        }

        job.Archive(GTestLibrary, sources.GTest.Where(unit => !IsMain(unit)));
        job.Archive(GTestMainLibrary, sources.GTest.Where(IsMain));
        job.Archive("lib/libgmock.a", sources.GMock.Where(unit => !IsMain(unit)));
        job.Archive("lib/libgmock_main.a", sources.GMock.Where(IsMain));
        foreach (var test in sources.Samples.Where(unit => unit.EndsWith("_unittest.cc", StringComparison.Ordinal)))
        {
            job.Test(job.Link(test));
        }

        return job._tasks;
    }

    private async Task CompileAsync(string unit, IEnumerable<string> headers, CancellationToken cancellationToken)
    {
        var inputs = await _files.TreeAsync(
            headers.Append(unit).Select(path => (path, Path.Combine(_sources.Root, path))), added: [], cancellationToken);
        var template = Template($"compile {unit}", TaskKind.Build, inputs, ["g++", .. Flags, "-c", unit, "-o", ObjectOf(unit)], [ObjectOf(unit)]);
        // Most of a small unit's time goes to the headers; beyond them it grows with the text.
        var size = new FileInfo(Path.Combine(_sources.Root, unit)).Length;
        template.ExpectedDuration = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(800 + (size / 40)));
        _tasks.Add(new DemoTask(template, inputs));
    }

    private void Archive(string library, IEnumerable<string> units)
    {
        var members = units.ToArray();
        if (members.Length == 0)
        {
            throw FarmException.Usage($"The GoogleTest sources in {_sources.Root} have no unit for {library}; install them anew: apt-get install --reinstall googletest");
        }

        var template = Template($"archive {library}", TaskKind.Build, InputTree.Empty, ["ar", "rcsD", library, .. members.Select(ObjectOf)], [library]);
        template.Needs.AddRange(members.Select(unit => $"compile {unit}"));
        _tasks.Add(new DemoTask(template, InputTree.Empty));
    }

    /// <summary>Links a sample's test with the sample that it tests, where there is one as a unit of its own.</summary>
    private string Link(string test)
    {
        var binary = $"bin/{Path.GetFileNameWithoutExtension(test)}";
        string[] units = [test, .. SampleOf(test) is { } sample ? new[] { sample } : []];
        var template = Template(
            $"link {binary}",
            TaskKind.Build,
            InputTree.Empty,
            ["g++", "-pthread", .. units.Select(ObjectOf), GTestMainLibrary, GTestLibrary, "-o", binary],
            [binary]);
        template.Needs.AddRange(units.Select(unit => $"compile {unit}"));
        template.Needs.AddRange([$"archive {GTestMainLibrary}", $"archive {GTestLibrary}"]);
        _tasks.Add(new DemoTask(template, InputTree.Empty));
        return binary;
    }

    private void Test(string binary)
    {
        var report = $"reports/{Path.GetFileName(binary)}.xml";
        var template = Template($"test {binary}", TaskKind.Test, InputTree.Empty, [binary, $"--gtest_output=xml:{report}"], [report]);
        template.Needs.Add($"link {binary}");
        template.Timeout = Duration.FromTimeSpan(TimeSpan.FromMinutes(1));
        _tasks.Add(new DemoTask(template, InputTree.Empty));
    }

    /// <summary>The fifth test subclasses the tests of the first sample and has none of its own.</summary>
    private string? SampleOf(string test)
    {
        var number = Path.GetFileName(test).Replace("_unittest.cc", "", StringComparison.Ordinal);
        var unit = $"googletest/samples/{(number == "sample5" ? "sample1" : number)}.cc";
        return _sources.Samples.Contains(unit) ? unit : null;
    }

    private static TaskTemplate Template(string name, TaskKind kind, InputTree inputs, string[] arguments, string[] outputs)
    {
        var template = new TaskTemplate
        {
            Name = name,
            Kind = kind,
            InputRootDigest = inputs.Tree.Root.ToProto(),
            Timeout = Duration.FromTimeSpan(Limit),
        };
        template.Arguments.AddRange(arguments);
        template.Environment.Add("PATH", "/usr/local/bin:/usr/bin:/bin");
        template.Environment.Add("LC_ALL", "C.UTF-8");
        template.OutputPaths.AddRange(outputs);
        template.RequiredOutputPaths.AddRange(outputs);
        return template;
    }

    private static string ObjectOf(string unit) => $"obj/{Path.ChangeExtension(unit, ".o")}";

    private static bool IsMain(string unit) => unit.EndsWith("_main.cc", StringComparison.Ordinal);
}
