using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Grpc.Core;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Executions;

public sealed class Rule17OutputTests(ServerUnderTest server) : ExecutionTests(server)
{
    [Fact]
    public async Task Execute_OutputPaths_MayBeFilesAndFoldersAndAbsent()
    {
        var command = Shell("echo a > out/deep/file; mkdir folder; echo b > folder/b", "absent", "folder", "out/deep/file");

        var result = ResultOf(await ExecuteAsync(command));

        var file = Assert.Single(result.OutputFiles);
        Assert.Equal(("out/deep/file", "a\n"), (file.Path, await TextAsync(file)));
        var folder = Assert.Single(result.OutputDirectories);
        Assert.Equal("folder", folder.Path);
        var tree = Tree.Parser.ParseFrom(await ReadAsync(BlobName(folder.TreeDigest)));
        Assert.Equal("b", Assert.Single(tree.Root.Files).Name);
        Assert.Equal(DigestOf("b\n"u8.ToArray()), tree.Root.Files[0].Digest);
    }

    [Fact]
    public async Task Execute_OutputPathsBesideOlderFields_AreTheOnlyOnes()
    {
        var command = Shell("echo a > a; echo b > b", "a");
#pragma warning disable CS0612 // The rule is about them.
        command.OutputFiles.Add("b");
#pragma warning restore CS0612

        Assert.Equal("a", Assert.Single(ResultOf(await ExecuteAsync(command)).OutputFiles).Path);
    }

    [Fact]
    public async Task Execute_OlderFieldsAlone_AreCollected()
    {
        var command = Shell("echo a > d/a; echo b > e/b");
#pragma warning disable CS0612 // Clients of REAPI 2.0 send them.
        command.OutputFiles.Add("d/a");
        command.OutputDirectories.Add("e");
#pragma warning restore CS0612
        command.Arguments[2] = "echo a > d/a; mkdir -p e; echo b > e/b";

        var result = ResultOf(await ExecuteAsync(command));

        Assert.Equal("d/a", Assert.Single(result.OutputFiles).Path);
        Assert.Equal("e", Assert.Single(result.OutputDirectories).Path);
    }

    [Fact]
    public async Task Execute_FolderWhereAFileIsDeclared_IsAFailedPrecondition()
    {
        var command = Shell("mkdir made");
#pragma warning disable CS0612 // Only they tell files from folders.
        command.OutputFiles.Add("made");
#pragma warning restore CS0612

        Assert.Equal((int)StatusCode.FailedPrecondition, (await ExecuteAsync(command)).Status.Code);
    }

    [Fact]
    public async Task Execute_WorkingDirectory_IsWhereOutputsCount()
    {
        var command = Shell("mkdir -p sub; echo a > sub/a; pwd", "sub/a");
        command.WorkingDirectory = "below";

        var result = ResultOf(await ExecuteAsync(command, await WithFolderAsync("below")));

        Assert.Equal("sub/a", Assert.Single(result.OutputFiles).Path);
        Assert.EndsWith("/below\n", await StandardOutputAsync(result), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_ExecutableOutput_IsMarked()
    {
        var result = ResultOf(await ExecuteAsync(Shell("echo a > a; echo b > b; chmod 755 b; chmod 644 a", "a", "b")));

        Assert.Equal([("a", false), ("b", true)], result.OutputFiles.Select(file => (file.Path, file.IsExecutable)));
    }

    private async Task<Build.Bazel.Remote.Execution.V2.Directory> WithFolderAsync(string name) => new()
    {
        Directories = { new DirectoryNode { Name = name, Digest = await StoreAsync(new Build.Bazel.Remote.Execution.V2.Directory()) } },
    };
}
