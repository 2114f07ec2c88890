using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Cache.Chunks;
using BuildFarm.Digests;
using Xunit;

namespace BuildFarm.Cache.Tests;

/// <summary>Where FastCDC cuts.</summary>
public sealed class FastCdc2020Tests
{
    private static readonly FastCdc2020 Small = new(16 << 10);

    [Fact]
    public void Cut_AnyContent_KeepsTheSizesAndIsAllOfIt()
    {
        var content = TestContent.Of(3_000_000, seed: 1);

        var chunks = CutAll(Small, content);

        Assert.Equal(content.Length, chunks.Sum());
        Assert.All(chunks[..^1], static length => Assert.InRange(length, Small.MinBytes, Small.MaxBytes));
        Assert.InRange(chunks[^1], 1, Small.MaxBytes);
        Assert.InRange(chunks.Average(), Small.AverageBytes * 0.7, Small.AverageBytes * 1.6);
    }

    /// <summary>Both ends of the content stay in the chunks that they were in.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    public void Cut_ABitOfContentChanged_ChangesFewChunks(int inserted)
    {
        var content = TestContent.Of(3_000_000, seed: 2);
        byte[] changed = [.. content[..1_500_000], .. new byte[inserted], .. content[1_500_000..]];
        changed[1_500_000] ^= 1;

        var (before, after) = (Digests(content), Digests(changed));

        Assert.InRange(after.Except(before).Count(), 1, 4);
        Assert.InRange(before.Except(after).Count(), 1, 4);
    }

    [Fact]
    public void Cut_NothingToCutAt_CutsAtTheLargestSize() =>
        Assert.Equal([65536, 65536, 65536, 3392], CutAll(Small, new byte[200_000]));

    [Fact]
    public void Cut_LessThanTheSmallest_IsOneChunk() => Assert.Equal([4096], CutAll(Small, TestContent.Of(4096, seed: 3)));

    /// <summary>
    /// Where this content has been cut ever since this passed the contract's own test vectors (fastcdc2020_test_vectors.txt, an image that is
    /// not part of this project).
    /// </summary>
    [Fact]
    public void Cut_ThisContent_IsCutWhereItAlwaysWas()
    {
        var content = new byte[300_000];
        var state = 1u;
        for (var i = 0; i < content.Length; i++)
        {
            state = (state * 1664525) + 1013904223;
            content[i] = (byte)(state >> 24);
        }

        Assert.Equal(Known, CutAll(new FastCdc2020(4096, 16384, 65535), content));
    }

    private static readonly int[] Known =
        [5080, 4757, 18399, 18890, 18232, 22051, 24306, 16666, 17202, 26751, 22228, 16942, 16696, 17003, 22092, 21792, 10913];

    private static List<int> CutAll(FastCdc2020 cutter, ReadOnlySpan<byte> content)
    {
        var chunks = new List<int>();
        while (!content.IsEmpty)
        {
            chunks.Add(cutter.Cut(content));
            content = content[chunks[^1]..];
        }

        return chunks;
    }

    private static List<Digest> Digests(byte[] content)
    {
        var digests = new List<Digest>();
        var at = 0;
        foreach (var length in CutAll(Small, content))
        {
            digests.Add(Digest.OfBytes(content.AsSpan(at, length)));
            at += length;
        }

        return digests;
    }
}
