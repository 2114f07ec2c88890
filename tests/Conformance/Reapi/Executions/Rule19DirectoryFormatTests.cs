using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Conformance.Reapi.Support;
using Google.Protobuf;
using Xunit;

namespace BuildFarm.Conformance.Reapi.Executions;

public sealed class Rule19DirectoryFormatTests(ServerUnderTest server) : ExecutionTests(server)
{
    [Theory]
    [InlineData(Command.Types.OutputDirectoryFormat.TreeOnly)]
    [InlineData(Command.Types.OutputDirectoryFormat.DirectoryOnly)]
    [InlineData(Command.Types.OutputDirectoryFormat.TreeAndDirectory)]
    public async Task Execute_AnyFormat_GivesATreeOrWhatWasAsked(Command.Types.OutputDirectoryFormat format)
    {
        var command = Shell("mkdir -p d/e/f; echo a > d/e/f/a; echo b > d/b", "d");
        command.OutputDirectoryFormat = format;

        var output = Assert.Single(ResultOf(await ExecuteAsync(command)).OutputDirectories);

        if (output.TreeDigest is null)
        {
            Assert.Equal(Command.Types.OutputDirectoryFormat.DirectoryOnly, format);
            Assert.Empty(await FindMissingAsync(output.RootDirectoryDigest));
            return;
        }

        var tree = Tree.Parser.ParseFrom(await ReadAsync(BlobName(output.TreeDigest)));
        var byDigest = tree.Children.ToDictionary(child => DigestOf(child.ToByteArray()));
        var e = byDigest[Assert.Single(tree.Root.Directories).Digest];
        Assert.Equal("a", Assert.Single(byDigest[Assert.Single(e.Directories).Digest].Files).Name);
        if (output.IsTopologicallySorted)
        {
            Assert.Equal(e, tree.Children[0]);
        }
    }
}
