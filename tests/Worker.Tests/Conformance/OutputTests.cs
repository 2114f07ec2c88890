using Build.Bazel.Remote.Execution.V2;
using BuildFarm.BlobStore;
using BuildFarm.Digests.Trees;
using BuildFarm.V1;
using BuildFarm.Worker.Tests.Support;
using Xunit;

namespace BuildFarm.Worker.Tests.Conformance;

/// <summary>What is collected, and what is not.</summary>
public abstract class OutputTests<TBench>(TBench bench) : IClassFixture<TBench>
    where TBench : WorkerBench, new()
{
    [Fact]
    public async Task Outputs_OfEveryKind_AreCollected()
    {
        var run = TaskRun.Shell("echo a > out/a; chmod +x out/a; mkdir -p tree/x/y; echo b > tree/x/y/b; ln -s x/y tree/l; ln -s tree d; ln -s out/a f") with
        {
            Inputs = new() { ["tree/in"] = "input\n" },
            Outputs = ["out/a", "tree", "d", "f", "absent"],
        };
        var result = (await bench.RunAsync(run)).Completion.Result;
        var file = Assert.Single(result.OutputFiles);
        Assert.Equal(("out/a", true), (file.Path, file.IsExecutable));
        Assert.Equal("a\n", await bench.TextAsync(file.Digest));
        var tree = (await bench.Store.GetMessageAsync<Tree>(Assert.Single(result.OutputDirectories).TreeDigest.ToDigest("tree")))!;
        Assert.Equal(("in", "l", "x/y"), (Assert.Single(tree.Root.Files).Name, Assert.Single(tree.Root.Symlinks).Name, tree.Root.Symlinks[0].Target));
        Assert.Equal(2, tree.Children.Count);
        Assert.Equal(["d", "f"], result.OutputSymlinks.Select(static link => link.Path));
#pragma warning disable CS0612
        Assert.Equal(("d", "f"), (Assert.Single(result.OutputDirectorySymlinks).Path, Assert.Single(result.OutputFileSymlinks).Path));
#pragma warning restore CS0612
    }

    [Fact]
    public async Task Outputs_InAWorkingDirectory_AreRelativeToIt()
    {
        var run = TaskRun.Shell("pwd; echo x > deep/er/x") with { WorkingDirectory = "a/b", Outputs = ["deep/er/x"] };
        var end = await bench.RunAsync(run);
        Assert.Equal("/farm/work/a/b\n", end.Output);
        Assert.Equal("deep/er/x", Assert.Single(end.Completion.Result.OutputFiles).Path);
    }

    [Fact]
    public async Task Output_ThatIsRequiredAndAbsent_IsAFailure()
    {
        var end = await bench.RunAsync(new TaskRun("true") { Outputs = ["x"], RequiredOutputs = ["x"] });
        Assert.Equal((Outcome.Failure, "exit code 0, but the declared output x was not made"), (end.Completion.Outcome, end.Completion.Message));
    }

    [Fact]
    public async Task Output_DeletedFromTheInputs_IsAbsent()
    {
        var end = await bench.RunAsync(TaskRun.Shell("rm -r d; mkdir d; echo n > d/new") with { Inputs = new() { ["d/old"] = "x" }, Outputs = ["d"] });
        var tree = (await bench.Store.GetMessageAsync<Tree>(Assert.Single(end.Completion.Result.OutputDirectories).TreeDigest.ToDigest("tree")))!;
        Assert.Equal("new", Assert.Single(tree.Root.Files).Name);
    }

    [Theory]
    [InlineData("ln -s /etc out", "out/passwd")]
    [InlineData("ln -s ../../../../etc out", "out/passwd")]
    [InlineData("mkdir real && echo x > real/f && ln -s real out", "out/f")]
    public async Task Output_ThroughALink_IsRefusedAndNothingOutsideIsRead(string script, string output)
    {
        var end = await bench.RunAsync(TaskRun.Shell($"rmdir out; {script}") with { Outputs = [output] });
        Assert.Equal(Outcome.Failure, end.Completion.Outcome);
        Assert.Contains("symbolic link", end.Completion.Message, StringComparison.Ordinal);
        Assert.Empty(end.Completion.Result.OutputFiles);
    }

    [Fact]
    public async Task Output_AboveTheWorkspace_IsRefusedBeforeItRuns()
    {
        var end = await bench.RunAsync(new TaskRun("true") { Outputs = ["../../etc/passwd"] });
        Assert.Equal(Outcome.Failure, end.Completion.Outcome);
        Assert.Contains("outside the workspace", end.Completion.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OutputTree_WithALinkToTheHost_RecordsTheLinkAlone()
    {
        var end = await bench.RunAsync(TaskRun.Shell("mkdir o; ln -s /etc/shadow o/l") with { Outputs = ["o"] });
        var tree = (await bench.Store.GetMessageAsync<Tree>(Assert.Single(end.Completion.Result.OutputDirectories).TreeDigest.ToDigest("tree")))!;
        Assert.Empty(tree.Root.Files);
        Assert.Equal("/etc/shadow", Assert.Single(tree.Root.Symlinks).Target);
    }

    [Fact]
    public async Task OutputTree_WithAPipe_IsRefused()
    {
        var end = await bench.RunAsync(TaskRun.Shell("mkdir o; mkfifo o/p") with { Outputs = ["o"] });
        Assert.Equal(Outcome.Failure, end.Completion.Outcome);
        Assert.Contains("o/p is neither", end.Completion.Message, StringComparison.Ordinal);
    }
}
