using System.Runtime.CompilerServices;
using BuildFarm.Cli.JobFiles;
using Xunit;

namespace BuildFarm.Cli.Tests.Demo;

/// <summary>The job files under <c>examples/</c>, read and compiled as <c>farm submit</c> does.</summary>
public sealed class ExampleFilesTests
{
    [Fact]
    public async Task Hello_Compiled_HasThreeTasksOfWhichOneNeedsTheOthers()
    {
        var job = await CompileAsync("hello.yaml");

        Assert.Equal(["greeting", "name", "message"], job.Spec.Tasks.Select(task => task.Name));
        Assert.Equal(["greeting", "name"], job.Spec.Tasks[2].Needs);
        Assert.Equal(64L << 20, job.Spec.Tasks[2].Resources.MemoryBytes);
    }

    [Fact]
    public async Task Doctests_Compiled_HasATestForEachFileWithThatFileAsItsInput()
    {
        var job = await CompileAsync("doctests.yaml");

        Assert.Equal(["doctest:doctests/fibonacci.py", "doctest:doctests/home.py"], job.Spec.Tasks.Select(task => task.Name));
        Assert.All(job.Spec.Tasks, task => Assert.Equal(BuildFarm.V1.TaskKind.Test, task.Kind));
        Assert.All(job.Trees, tree => Assert.Single(tree.Files));
        Assert.Equal("doctests/home.py", job.Spec.Tasks[1].Arguments[^1]);
    }

    private static Task<CompiledJob> CompileAsync(string name) =>
        JobFileCompiler.CompileAsync(JobFileReader.Read(Path.Combine(Folder(), name)), TimeProvider.System, TestContext.Current.CancellationToken);

    private static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../examples"));
}
