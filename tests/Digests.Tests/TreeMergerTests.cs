using BuildFarm.Digests.Trees;
using Xunit;
using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Digests.Tests;

public sealed class TreeMergerTests
{
    private static readonly Digest One = Digest.OfBytes("1"u8);
    private static readonly Digest Two = Digest.OfBytes("2"u8);
    private readonly DirectoryStore _store = new();

    [Fact]
    public async Task Merge_FilesDirectoriesAndLinks_LieOverTheInputs()
    {
        var inputs = _store.Add(new MerkleTreeBuilder().AddFile("src/a.c", One).AddFile("src/deep/er/b.c", One).AddFile("out/old", One).Build());
        var folder = new MerkleTreeBuilder().AddFile("new", Two).AddFile("x/y/z", Two, isExecutable: true).AddDirectory("void").Build();
        var compile = Layer("compile", "src", new Reapi.ActionResult
        {
            OutputFiles = { new Reapi.OutputFile { Path = "obj/a.o", Digest = Two.ToProto() }, new Reapi.OutputFile { Path = "a.c", Digest = Two.ToProto(), IsExecutable = true } },
            OutputSymlinks = { new Reapi.OutputSymlink { Path = "latest", Target = "obj/a.o" } },
        });
        var pack = Layer("pack", "", new Reapi.ActionResult { OutputDirectories = { new Reapi.OutputDirectory { Path = "out", TreeDigest = _store.AddAsTree(folder).ToProto() } } });

        var merged = await MergeAsync(inputs, compile, pack);

        _store.Add(merged);
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["out/new"] = $"{Two}",
                ["out/old"] = $"{One}",
                ["out/void"] = "/",
                ["out/x/y/z"] = $"{Two} x",
                ["src/a.c"] = $"{Two} x",
                ["src/deep/er/b.c"] = $"{One}",
                ["src/latest"] = "-> obj/a.o",
                ["src/obj/a.o"] = $"{Two}",
            },
            _store.Flatten(merged.Root));
    }

    [Fact]
    public async Task Merge_DeepInputs_ReadsOnlyTheDirectoriesOnTheWay()
    {
        var tree = new MerkleTreeBuilder();
        for (var i = 0; i < 100; i++)
            tree.AddFile($"d{i}/e/f", Digest.OfBytes([(byte)i]));
        var inputs = _store.Add(tree.Build());

        await MergeAsync(inputs, Files("t", ("d7/new", One)));

        Assert.Equal(2, _store.Reads.Count);
    }

    [Fact]
    public async Task Merge_NothingOverInputs_IsTheInputs()
    {
        var inputs = _store.Add(new MerkleTreeBuilder().AddFile("a/b", One).Build());

        Assert.Equal(inputs, (await MergeAsync(inputs)).Root);
        Assert.Equal(Digest.Empty, (await MergeAsync(Digest.Empty)).Root);
    }

    [Fact]
    public async Task Merge_OutputDirectoryByItsRoot_NeedsNoTree()
    {
        var folder = _store.Add(new MerkleTreeBuilder().AddFile("f", One).Build());
        var layer = Layer("t", "", new Reapi.ActionResult { OutputDirectories = { new Reapi.OutputDirectory { Path = "o", RootDirectoryDigest = folder.ToProto() } } });

        var merged = await MergeAsync(Digest.Empty, layer);

        _store.Add(merged);
        Assert.Equal($"{One}", Assert.Single(_store.Flatten(merged.Root)).Value);
    }

    [Fact]
    public async Task Merge_WholeWorkingDirectoryAsOutput_MergesThere()
    {
        var folder = _store.AddAsTree(new MerkleTreeBuilder().AddFile("f", Two).Build());
        var result = new Reapi.ActionResult { OutputDirectories = { new Reapi.OutputDirectory { Path = "", TreeDigest = folder.ToProto() } } };
        var inputs = _store.Add(new MerkleTreeBuilder().AddFile("w/g", One).Build());

        var below = await MergeAsync(inputs, Layer("t", "w", result));
        var root = await MergeAsync(inputs, Layer("t", "", result));

        _store.Add(below);
        _store.Add(root);
        Assert.Equal(["w/f", "w/g"], _store.Flatten(below.Root).Keys);
        Assert.Equal(["f", "w/g"], _store.Flatten(root.Root).Keys);
    }

    [Fact]
    public async Task Merge_TwoTasksWithTheSameContent_Agree()
    {
        var merged = await MergeAsync(Digest.Empty, Files("a", ("x", One)), Files("b", ("x", One)));

        Assert.Equal(new MerkleTreeBuilder().AddFile("x", One).Build().Root, merged.Root);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Merge_TwoTasksWithOtherContent_NamesBothInEitherOrder(bool swap)
    {
        // One of them leaves the input as it was: that is its output all the same.
        var inputs = _store.Add(new MerkleTreeBuilder().AddFile("x", One).Build());
        TreeLayer[] layers = [Files("first", ("x", One)), Files("second", ("x", Two))];

        var error = await Assert.ThrowsAsync<InvalidTreeException>(() => MergeAsync(inputs, swap ? [layers[1], layers[0]] : layers));

        Assert.Contains("task first", error.Message, StringComparison.Ordinal);
        Assert.Contains("task second", error.Message, StringComparison.Ordinal);
        Assert.StartsWith("x:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Merge_FileOverDirectory_NamesPathAndBothSides()
    {
        var inputs = _store.Add(new MerkleTreeBuilder().AddFile("d/f", One).AddFile("g", One).AddSymlink("l", "d").Build());
        var folder = _store.AddAsTree(new MerkleTreeBuilder().AddFile("f", One).Build());

        var fileOverDirectory = await Assert.ThrowsAsync<InvalidTreeException>(() => MergeAsync(inputs, Files("t", ("d", One))));
        var directoryOverFile = await Assert.ThrowsAsync<InvalidTreeException>(() => MergeAsync(inputs, Layer("t", "", new Reapi.ActionResult
        {
            OutputDirectories = { new Reapi.OutputDirectory { Path = "g", TreeDigest = folder.ToProto() } },
        })));
        var belowFile = await Assert.ThrowsAsync<InvalidTreeException>(() => MergeAsync(inputs, Files("t", ("g/x", One))));
        var belowLink = await Assert.ThrowsAsync<InvalidTreeException>(() => MergeAsync(inputs, Files("t", ("l/x", One))));

        Assert.Equal("d: it is a file of task t and a directory of the inputs; let one of them write elsewhere", fileOverDirectory.Message);
        Assert.Equal("g: it is a directory of task t and a file of the inputs; let one of them write elsewhere", directoryOverFile.Message);
        Assert.Contains("g: task t has outputs below it, but it is a file of the inputs", belowFile.Message, StringComparison.Ordinal);
        Assert.Contains("it is a symlink of the inputs", belowLink.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/x")]
    [InlineData("a/../../x")]
    public async Task Merge_OutputThatLeavesTheRoot_IsRefused(string path) =>
        await Assert.ThrowsAsync<InvalidTreeException>(() => MergeAsync(Digest.Empty, Files("t", (path, One))));

    [Fact]
    public async Task Merge_BlobsThatAreGone_AreNamed()
    {
        var inputs = _store.Add(new MerkleTreeBuilder().AddFile("d/f", One).Build());
        _store.Remove(inputs);
        var tree = Digest.OfBytes("no such tree"u8);
        var layer = Layer("t", "", new Reapi.ActionResult { OutputDirectories = { new Reapi.OutputDirectory { Path = "o", TreeDigest = tree.ToProto() } } });

        Assert.Equal([inputs], (await Assert.ThrowsAsync<MissingDirectoriesException>(() => MergeAsync(inputs, Files("t", ("d/x", One))))).Missing);
        Assert.Equal([tree], (await Assert.ThrowsAsync<MissingDirectoriesException>(() => MergeAsync(Digest.Empty, layer))).Missing);
    }

    [Fact]
    public async Task Merge_ResultOfAnOldServer_TakesTheObsoleteLists()
    {
#pragma warning disable CS0612 // That is the point.
        var layer = Layer("t", "", new Reapi.ActionResult { OutputFileSymlinks = { new Reapi.OutputSymlink { Path = "l", Target = "x" } } });
#pragma warning restore CS0612

        Assert.Equal(new MerkleTreeBuilder().AddSymlink("l", "x").Build().Root, (await MergeAsync(Digest.Empty, layer)).Root);
    }

    private static TreeLayer Layer(string owner, string workingDirectory, Reapi.ActionResult result) => new(owner, workingDirectory, result);

    private static TreeLayer Files(string owner, params (string Path, Digest Digest)[] files)
    {
        var result = new Reapi.ActionResult();
        result.OutputFiles.AddRange(files.Select(file => new Reapi.OutputFile { Path = file.Path, Digest = file.Digest.ToProto() }));
        return Layer(owner, "", result);
    }

    private Task<MerkleTree> MergeAsync(Digest inputs, params TreeLayer[] layers)
    {
        if (inputs == Digest.Empty)
            _store.Add(MerkleTree.Empty);
        return new TreeMerger(_store.FetchAsync, _store.FetchTreeAsync).MergeAsync(inputs, layers, TestContext.Current.CancellationToken).AsTask();
    }
}
