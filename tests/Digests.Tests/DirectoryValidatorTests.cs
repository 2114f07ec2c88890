using System.Globalization;
using BuildFarm.Digests.Trees;
using Xunit;
using Reapi = Build.Bazel.Remote.Execution.V2;

namespace BuildFarm.Digests.Tests;

public sealed class DirectoryValidatorTests
{
    private static readonly Digest Blob = Digest.OfBytes("content"u8);
    private readonly DirectoryStore _store = new();

    public static TheoryData<string[], string[], string[], string> BadDirectories => new()
    {
        { ["a", "a"], [], [], "stands twice" },
        { ["a"], ["a"], [], "stands twice" },
        { ["a"], [], ["a"], "stands twice" },
        { ["b", "a"], [], [], "not sorted" },
        { [], ["b", "a"], [], "not sorted" },
        { [], [], ["b", "a"], "not sorted" },
        { ["\U0001F600", "\uFF5E"], [], [], "not sorted" },
        { [""], [], [], "is empty" },
        { ["."], [], [], "is reserved" },
        { [], [".."], [], "is reserved" },
        { ["a/b"], [], [], "contains / or NUL" },
        { [], [], ["a\0b"], "contains / or NUL" },
    };

    [Theory]
    [MemberData(nameof(BadDirectories))]
    public async Task Validate_NamesThatBreakARule_NamesTheRule(string[] files, string[] directories, string[] links, string rule)
    {
        var child = _store.Add(new Reapi.Directory());
        var directory = new Reapi.Directory();
        directory.Files.AddRange(files.Select(name => new Reapi.FileNode { Name = name, Digest = Blob.ToProto() }));
        directory.Directories.AddRange(directories.Select(name => new Reapi.DirectoryNode { Name = name, Digest = child.ToProto() }));
        directory.Symlinks.AddRange(links.Select(name => new Reapi.SymlinkNode { Name = name, Target = "x" }));
        var root = Chain(_store.Add(directory), "sub");

        var error = await Assert.ThrowsAsync<InvalidTreeException>(() => ValidateAsync(root));

        Assert.Contains(rule, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("sub", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_TreeOfTheBuilder_SumsWhatItHolds()
    {
        var root = _store.Add(new MerkleTreeBuilder()
            .AddFile("a/b/c", Blob).AddFile("a/d", Blob).AddFile("e", Digest.Empty).AddSymlink("l", "/bin/sh").AddDirectory("z").Build());

        var summary = await ValidateAsync(root);

        Assert.Equal(7, summary.Entries);
        Assert.Equal(14, summary.TotalBytes);
        Assert.Equal(3, summary.Depth);
        Assert.Equal([Blob], summary.Files);
        Assert.Equal(4, summary.Directories.Count);
    }

    [Fact]
    public async Task Validate_FileWithoutDigest_NamesThePath()
    {
        var root = Chain(_store.Add(new Reapi.Directory { Files = { new Reapi.FileNode { Name = "f" } } }), "sub");

        var error = await Assert.ThrowsAsync<DigestFormatException>(() => ValidateAsync(root));

        Assert.Equal("sub/f: the digest is absent", error.Message);
    }

    [Fact]
    public async Task Validate_AbsoluteSymlinkWhereNotAllowed_IsRefused()
    {
        var root = _store.Add(new MerkleTreeBuilder().AddSymlink("l", "/bin/sh").Build());

        await Assert.ThrowsAsync<InvalidTreeException>(() => ValidateAsync(root, new TreeLimits { AllowAbsoluteSymlinks = false }));
        await ValidateAsync(root);
    }

    [Fact]
    public async Task Validate_MissingDirectories_NamesEveryOne()
    {
        Digest gone1 = Digest.OfBytes([1]), gone2 = Digest.OfBytes([2]);
        var root = _store.Add(new Reapi.Directory
        {
            Directories =
            {
                new Reapi.DirectoryNode { Name = "a", Digest = gone1.ToProto() },
                new Reapi.DirectoryNode { Name = "b", Digest = gone2.ToProto() },
                new Reapi.DirectoryNode { Name = "c", Digest = gone1.ToProto() },
            },
        });

        var error = await Assert.ThrowsAsync<MissingDirectoriesException>(() => ValidateAsync(root));

        Assert.Equal([gone1, gone2], error.Missing);
        Assert.Contains($"{gone1} of a and 1 more", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_DepthAtTheLimit_PassesAndOneMoreFails()
    {
        var root = _store.Add(new Reapi.Directory());
        for (var level = 1; level < TreeLimits.Default.MaxDepth; level++)
            root = Chain(root, "d");

        Assert.Equal(TreeLimits.Default.MaxDepth, (await ValidateAsync(root)).Depth);
        var error = await Assert.ThrowsAsync<InvalidTreeException>(() => ValidateAsync(Chain(root, "d")));
        Assert.Contains("deeper than 128", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_DeepSubtreeSeenAtASmallDepthFirst_IsStillTooDeepFurtherDown()
    {
        var subtree = Chain(Chain(_store.Add(new Reapi.Directory()), "x"), "x");
        var deep = Chain(Chain(subtree, "y"), "y");
        var root = _store.Add(new Reapi.Directory
        {
            Directories = { new Reapi.DirectoryNode { Name = "a", Digest = subtree.ToProto() }, new Reapi.DirectoryNode { Name = "b", Digest = deep.ToProto() } },
        });

        await ValidateAsync(root, new TreeLimits { MaxDepth = 6 });
        await Assert.ThrowsAsync<InvalidTreeException>(() => ValidateAsync(root, new TreeLimits { MaxDepth = 5 }));
    }

    [Fact]
    public async Task Validate_TreeBomb_IsRefusedAfterReadingEachDirectoryOnce()
    {
        // Sixty directories that each name the next one twice stand for 2^60 entries.
        var root = _store.Add(new MerkleTreeBuilder().AddFile("f", Blob).Build());
        for (var level = 0; level < 60; level++)
        {
            root = _store.Add(new Reapi.Directory
            {
                Directories = { new Reapi.DirectoryNode { Name = "a", Digest = root.ToProto() }, new Reapi.DirectoryNode { Name = "b", Digest = root.ToProto() } },
            });
        }

        var error = await Assert.ThrowsAsync<InvalidTreeException>(() => ValidateAsync(root));

        Assert.Contains("more than 500000 entries", error.Message, StringComparison.Ordinal);
        Assert.InRange(_store.Reads.Count, 1, 61);
    }

    [Fact]
    public async Task Validate_ManyBytes_AreLimitedAsLaidOut()
    {
        var root = _store.Add(new MerkleTreeBuilder().AddFile("a", Blob).AddFile("b", Blob).Build());

        await ValidateAsync(root, new TreeLimits { MaxTotalBytes = 14 });
        await Assert.ThrowsAsync<InvalidTreeException>(() => ValidateAsync(root, new TreeLimits { MaxTotalBytes = 13 }));
    }

    [Fact]
    public async Task Validate_LargeDirectoryMessage_IsRefusedUnread()
    {
        var directory = new Reapi.Directory();
        for (var i = 0; i < 100; i++)
            directory.Files.Add(new Reapi.FileNode { Name = i.ToString("D3", CultureInfo.InvariantCulture), Digest = Blob.ToProto() });
        var root = _store.Add(directory);

        await Assert.ThrowsAsync<InvalidTreeException>(() => ValidateAsync(root, new TreeLimits { MaxDirectoryBytes = root.SizeBytes - 1 }));
        Assert.Empty(_store.Reads);
    }

    [Fact]
    public async Task Validate_DirectoryInsideItself_EndsWithAClearError()
    {
        var self = Digest.OfBytes("a store that lies"u8);
        _store.AddLie(self, new Reapi.Directory { Directories = { new Reapi.DirectoryNode { Name = "again", Digest = self.ToProto() } } });

        var error = await Assert.ThrowsAsync<InvalidTreeException>(() => ValidateAsync(self));

        Assert.Equal("again: the directory contains itself", error.Message);
    }

    private Digest Chain(Digest child, string name) =>
        _store.Add(new Reapi.Directory { Directories = { new Reapi.DirectoryNode { Name = name, Digest = child.ToProto() } } });

    private Task<TreeSummary> ValidateAsync(Digest root, TreeLimits? limits = null) =>
        new DirectoryValidator(_store.FetchAsync, limits).ValidateAsync(root, TestContext.Current.CancellationToken).AsTask();
}
