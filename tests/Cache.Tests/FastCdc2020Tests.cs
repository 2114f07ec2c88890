using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Cache.Chunks;
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

        var chunks = Small.CutAll(content);

        Assert.Equal(content.Length, chunks.Sum());
        Assert.All(chunks[..^1], static length => Assert.InRange(length, Small.MinBytes, Small.MaxBytes));
        Assert.InRange(chunks[^1], 1, Small.MaxBytes);
        Assert.InRange(chunks.Average(), Small.AverageBytes * 0.7, Small.AverageBytes * 1.6);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    public void Cut_ABitOfContentChanged_ChangesFewChunks(int inserted) => Small.AssertASmallEditChangesFew(inserted, atMost: 4);

    [Fact]
    public void Cut_NothingToCutAt_CutsAtTheLargestSize() =>
        Assert.Equal([65536, 65536, 65536, 3392], Small.CutAll(new byte[200_000]));

    [Fact]
    public void Cut_LessThanTheSmallest_IsOneChunk() => Assert.Equal([4096], Small.CutAll(TestContent.Of(4096, seed: 3)));

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

        Assert.Equal(Known, new FastCdc2020(4096, 16384, 65535).CutAll(content));
    }

    private static readonly int[] Known =
        [5080, 4757, 18399, 18890, 18232, 22051, 24306, 16666, 17202, 26751, 22228, 16942, 16696, 17003, 22092, 21792, 10913];
}
