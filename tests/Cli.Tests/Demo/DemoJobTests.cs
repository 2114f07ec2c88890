using BuildFarm.Cli.Demo;
using BuildFarm.Cli.JobFiles;
using BuildFarm.Digests.Trees;
using BuildFarm.TestKit;
using BuildFarm.TestSplitting.PythonDoctest;
using Xunit;

namespace BuildFarm.Cli.Tests.Demo;

public sealed class DemoJobTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Build_OnDebian_IsAGraphWhoseNeedsComeFirstAndWhoseInputsAreAllThere()
    {
        var job = await BuildAsync();

        var names = new HashSet<string>(StringComparer.Ordinal);
        var roots = job.Trees.Select(tree => tree.Tree.Root).ToHashSet();
        foreach (var task in job.Spec.Tasks)
        {
            Assert.All(task.Needs, need => Assert.Contains(need, names));
            Assert.True(names.Add(task.Name), $"{task.Name} stands twice");
            Assert.Contains(task.InputRootDigest.ToDigest(task.Name), roots);
            Assert.False(task.DoNotCache);
        }

        Assert.All(job.Trees.SelectMany(tree => tree.Files.Values), file => Assert.True(File.Exists(file)));
        Assert.DoesNotContain(job.Spec.Tasks, task => task.Name.Contains("-all.cc", StringComparison.Ordinal));
        Assert.Equal(10, job.Spec.Tasks.Count(task => task.Name.StartsWith("test bin/sample", StringComparison.Ordinal)));
        Assert.InRange(job.Spec.Tasks.Count(task => task.Name.StartsWith("doctest ", StringComparison.Ordinal)), 20, 200);
    }

    [Fact]
    public async Task Build_Twice_GivesTheSameActions()
    {
        var first = await BuildAsync();
        var second = await BuildAsync();

        Assert.Equal(first.Spec, second.Spec);
    }

    [Fact]
    public async Task Build_SourcesMissing_NamesThePackage()
    {
        var noSources = await Assert.ThrowsAsync<FarmException>(() =>
            DemoJob.BuildAsync(DemoSources.Debian with { GoogleTest = _folder.Path }, TestContext.Current.CancellationToken));
        Assert.Contains("apt-get install googletest", noSources.Message, StringComparison.Ordinal);

        await InstallAsync();
        var noPython = await Assert.ThrowsAsync<FarmException>(() =>
            DemoJob.BuildAsync(DemoSources.Debian with { Python = _folder.File("python3") }, TestContext.Current.CancellationToken));
        Assert.Contains("apt-get install python3", noPython.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Tier", "Full")]
    public async Task Build_RunByHandWithDeclaredInputsOnly_EveryTaskSucceeds()
    {
        var job = await BuildAsync();
        File.SetUnixFileMode(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute | UnixFileMode.GroupExecute);
        var runner = new HandRunner(job, _folder.Path);
        var failures = new List<string>();
        var examples = 0;

        foreach (var task in job.Spec.Tasks)
        {
            var (exitCode, output) = await runner.RunAsync(task, TestContext.Current.CancellationToken);
            var missing = task.RequiredOutputPaths.Where(path => !File.Exists(Path.Combine(runner.FolderOf(task.Name), path))).ToArray();
            if (exitCode != 0 || missing.Length > 0)
            {
                failures.Add($"{task.Name}: exit {exitCode}, missing [{string.Join(", ", missing)}]\n{output}");
            }
            else if (task.Name.StartsWith("doctest ", StringComparison.Ordinal))
            {
                var report = DoctestReportParser.Parse(await File.ReadAllBytesAsync(
                    Path.Combine(runner.FolderOf(task.Name), DoctestDriver.ReportPath), TestContext.Current.CancellationToken));
                Assert.Equal(report.PlannedDocstrings, report.Docstrings.Count);
                Assert.True(report.End == DoctestEnd.Passed, $"{task.Name} has no examples: name it in StandardLibraryNotes with the reason");
                examples += report.Examples;
            }
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
        Assert.True(examples > 1000, $"only {examples} examples ran");
    }

    private static async Task InstallAsync()
    {
        foreach (var package in DemoPackage.OfTheJob)
        {
            await Requirements.AptAsync(package.Name, $"test -e {package.Probe}");
        }
    }

    private static async Task<CompiledJob> BuildAsync()
    {
        await InstallAsync();
        return await DemoJob.BuildAsync(DemoSources.Debian, TestContext.Current.CancellationToken);
    }
}
