using Build.Bazel.Remote.Execution.V2;
using BuildFarm.Coordinator.Resolving;
using BuildFarm.Digests.Trees;
using BuildFarm.Scheduling;
using BuildFarm.V1;
using Xunit;
using Digest = BuildFarm.Digests.Digest;
using Directory = Build.Bazel.Remote.Execution.V2.Directory;

namespace BuildFarm.Coordinator.Tests.Resolving;

public sealed class InputWeightsTests
{
    private readonly InputWeights _weights = new();

    [Fact]
    public void FindCore_MostLiesInOneFolder_IsTheDeepestThatHoldsMoreThanHalf()
    {
        var lib = Note(files: [90]);
        var toolchain = Note(files: [5], lib, Note(files: [4]));
        var root = Note(files: [1], toolchain, Note(files: [60]));

        Assert.Equal(lib, _weights.FindCore(root));
        Assert.Equal(lib, _weights.FindCore(Note(files: [30], toolchain)));
    }

    [Fact]
    public void FindCore_FilesAreSpread_IsTheRoot()
    {
        var root = Note(files: [1], Note(files: [50]), Note(files: [51]));

        Assert.Equal(root, _weights.FindCore(root));
    }

    [Fact]
    public void FindCore_FolderThatIsNamedTwice_CountsTwice()
    {
        var twice = Note(files: [40]);
        var both = Note(files: [], twice, twice);
        var root = Note(files: [60], both);

        Assert.Equal(both, _weights.FindCore(root));
    }

    [Fact]
    public void FindCore_PartIsNotKnown_IsNull()
    {
        var root = Note(files: [1], Digest.OfBytes([1, 2, 3]));

        Assert.Null(_weights.FindCore(root));
    }

    [Fact]
    public void FindCore_TreeOfGreatDepth_Ends()
    {
        var (deepest, root) = (Note(files: [7]), default(Digest));
        root = deepest;
        for (var i = 0; i < 40_000; i++)
        {
            root = Note(files: [], root);
        }

        Assert.Equal(deepest, _weights.FindCore(root));
    }

    [Fact]
    public void FindCore_TooManyFolders_IsNull()
    {
        var root = Note(files: [1]);
        for (var i = 0; i < InputWeights.MostDirectories; i++)
        {
            Note(files: [i + 2]);
        }

        Assert.Null(_weights.FindCore(root));
    }

    [Fact]
    public void Keys_OfOneTree_AreAlikeInOneImageAndDifferentInAnother()
    {
        var (inputs, core) = (Digest.OfBytes([1]), Digest.OfBytes([2]));

        var (here, again, elsewhere) = (KeysOf("a", inputs, core), KeysOf("a", inputs, core), KeysOf("b", inputs, core));

        Assert.Equal((3, here), (here.Count, again));
        Assert.Empty(here.ToArray().Intersect(elsewhere.ToArray()));
        Assert.Equal(here.Second, KeysOf("a", Digest.OfBytes([3]), core).Second);
    }

    [Fact]
    public void Keys_OfNoInputs_AreTheImageAlone()
    {
        Assert.Equal(1, KeysOf("a", Digest.Empty, Digest.Empty).Count);
        Assert.Equal(LocalityKeys.None, TaskLocality.Of(new TaskTemplate(), Digest.Empty, Digest.Empty));
    }

    private static LocalityKeys KeysOf(string image, Digest inputs, Digest core) =>
        TaskLocality.Of(new TaskTemplate { Platform = { ["container-image"] = image } }, inputs, core);

    private Digest Note(long[] files, params Digest[] children)
    {
        var directory = new Directory();
        foreach (var (size, index) in files.Select(static (size, index) => (size, index)))
        {
            directory.Files.Add(new FileNode { Name = $"f{index}", Digest = new Build.Bazel.Remote.Execution.V2.Digest { Hash = Digest.OfBytes([9]).HashHex, SizeBytes = size } });
        }

        foreach (var (child, index) in children.Select(static (child, index) => (child, index)))
        {
            directory.Directories.Add(new DirectoryNode { Name = $"d{index}", Digest = child.ToProto() });
        }

        var digest = Digest.OfMessage(directory);
        _weights.Note(digest, directory);
        return digest;
    }
}
