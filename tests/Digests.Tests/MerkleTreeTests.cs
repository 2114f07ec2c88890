using System.Text;
using BuildFarm.Digests.Trees;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace BuildFarm.Digests.Tests;

public sealed class MerkleTreeTests
{
    private static readonly Digest Main = Digest.OfBytes("int main(){}\n"u8);
    private static readonly Digest Script = Digest.OfBytes("#!/bin/sh\n"u8);

    // The expected digests come from a protobuf encoder written for the purpose in another language.
    [Fact]
    public void Build_FilesLinkAndEmptyDirectory_HasTheKnownRoot()
    {
        var tree = new MerkleTreeBuilder()
            .AddSymlink("current", "src/main.c")
            .AddFile("src/run.sh", Script, isExecutable: true)
            .AddDirectory("empty")
            .AddFile("src/main.c", Main)
            .AddFile("README", Digest.Empty)
            .Build();

        Assert.Equal("18211fd651cb7a860c464c1b87c38331baa8172956687f02a2bd5a7a565b32a8/256", tree.Root.ToString());
        Assert.Equal(3, tree.Directories.Count);
        Assert.Contains(Digest.Parse("94660036388aaf5b7acb2a7fa2a6cb57f4177f54cdf855c5d94360677c1f14d2/162"), tree.Directories.Keys);
        Assert.Contains(Digest.Empty, tree.Directories.Keys);
        Assert.All(tree.Directories, pair => Assert.Equal(pair.Key, Digest.OfBytes(pair.Value.Bytes.Span)));
    }

    [Fact]
    public void Build_NamesOutsideTheBasicPlane_AreOrderedByTheirUtf8Bytes()
    {
        // U+FF5E comes before U+1F600 in UTF-8, and after it in UTF-16.
        var tree = new MerkleTreeBuilder().AddFile("\U0001F600", Digest.Empty).AddFile("\uFF5E", Digest.Empty).AddFile("a", Digest.Empty).Build();

        Assert.Equal("37c25398a6161f49eccea6efcbadf1a7e5909e549c868d6aab2bc0d799b79ad1/224", tree.Root.ToString());
    }

    [Fact]
    public void Utf8Order_AnyTwoStrings_OrdersAsTheirBytes() =>
        Prop.ForAll<UnicodeString, UnicodeString>((left, right) =>
        {
            if (!IsWellFormed(left.Get) || !IsWellFormed(right.Get))
                return true;
            var bytes = Encoding.UTF8.GetBytes(left.Get).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right.Get));
            return Math.Sign(bytes) == Math.Sign(Utf8Order.Instance.Compare(left.Get, right.Get));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Build_AnyOrderOfAdding_GivesTheSameRoot() =>
        Prop.ForAll<PositiveInt[], int>((numbers, seed) =>
        {
            var paths = numbers.Select(n => $"d{n.Get % 5}/e{n.Get % 7}/f{n.Get}").Distinct(StringComparer.Ordinal).ToArray();
            var shuffled = paths.ToArray();
            new System.Random(seed).Shuffle(shuffled);
            return RootOf(paths) == RootOf(shuffled);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Build_Nothing_IsTheEmptyBlob() => Assert.Equal(Digest.Empty, MerkleTree.Empty.Root);

    [Fact]
    public void AddFile_ExecutableOrNot_MakesAnotherTree() =>
        Assert.NotEqual(new MerkleTreeBuilder().AddFile("x", Main).Build().Root, new MerkleTreeBuilder().AddFile("x", Main, isExecutable: true).Build().Root);

    [Theory]
    [InlineData("/etc/passwd", "absolute")]
    [InlineData("a//b", "is empty")]
    [InlineData("a/", "is empty")]
    [InlineData("./a", "is reserved")]
    [InlineData("a/../b", "is reserved")]
    [InlineData("a\0b", "NUL")]
    [InlineData("", "the root of a tree cannot be a file")]
    public void AddFile_PathThatIsNone_IsRefusedWithTheReason(string path, string reason)
    {
        var error = Assert.Throws<InvalidTreeException>(() => new MerkleTreeBuilder().AddFile(path, Main));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddFile_LoneSurrogate_IsRefused() =>
        Assert.Throws<InvalidTreeException>(() => new MerkleTreeBuilder().AddFile("a\uD800", Main));

    [Fact]
    public void Add_WhereSomethingStands_NamesIt()
    {
        var builder = new MerkleTreeBuilder().AddFile("a", Main).AddFile("d/x", Main).AddSymlink("l", "d");

        Assert.Contains("a file stands there already", Assert.Throws<InvalidTreeException>(() => builder.AddFile("a", Main)).Message, StringComparison.Ordinal);
        Assert.Contains("a is a file", Assert.Throws<InvalidTreeException>(() => builder.AddFile("a/b", Main)).Message, StringComparison.Ordinal);
        Assert.Contains("a directory stands", Assert.Throws<InvalidTreeException>(() => builder.AddFile("d", Main)).Message, StringComparison.Ordinal);
        Assert.Contains("l is a symlink", Assert.Throws<InvalidTreeException>(() => builder.AddFile("l/x", Main)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidTreeException>(() => builder.AddDirectory("a"));
        Assert.Throws<InvalidTreeException>(() => builder.AddSymlink("m", ""));
    }

    private static Digest RootOf(IEnumerable<string> paths)
    {
        var builder = new MerkleTreeBuilder();
        foreach (var path in paths)
            builder.AddFile(path, Digest.OfBytes(Encoding.UTF8.GetBytes(path)));
        return builder.Build().Root;
    }

    private static bool IsWellFormed(string? text) => text is not null && string.Equals(text, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)), StringComparison.Ordinal);
}
