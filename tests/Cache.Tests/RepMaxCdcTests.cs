using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Cache.Chunks;
using Xunit;

namespace BuildFarm.Cache.Tests;

/// <summary>Where RepMaxCDC cuts.</summary>
public sealed class RepMaxCdcTests
{
    private static readonly RepMaxCdc Large = new(2048, 16384);

    /// <summary>Beside the definition, read word by word: every place of the horizon looked at anew for each chunk.</summary>
    [Theory]
    [InlineData(64, 0)]
    [InlineData(64, 1)]
    [InlineData(64, 512)]
    [InlineData(100, 250)]
    [InlineData(256, 2048)]
    [InlineData(1000, 300)]
    public void Cut_AnyContent_IsCutAsTheDefinitionSays(int min, int horizon)
    {
        for (var seed = 0; seed < 200; seed++)
        {
            // Bytes of few kinds bring places of the same hash.
            var content = TestContent.Of(Random(seed, 20_000), seed);
            var kinds = (byte)(seed % 3 == 0 ? 255 : seed % 7);
            var array = Array.ConvertAll(content, one => (byte)(one & kinds));

            Assert.Equal(Defined(array, min, horizon), new RepMaxCdc(min, horizon).CutAll(array));
        }
    }

    [Fact]
    public void Cut_LargeContent_KeepsTheSizes()
    {
        var lengths = Large.CutAll(TestContent.Of(3_000_000, seed: 1));

        Assert.Equal(3_000_000, lengths.Sum());
        Assert.All(lengths, static length => Assert.InRange(length, 2048, 4095));

        // Rényi's parking constant: how full a street is where cars of one length have parked at random.
        Assert.InRange(lengths.Average(), 2048 / 0.76, 2048 / 0.73);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    public void Cut_ABitOfContentChanged_ChangesFewChunks(int inserted) => Large.AssertASmallEditChangesFew(inserted, atMost: 12);

    [Fact]
    public void Cut_NothingToCutAt_CutsAtTheSmallestSize() =>
        Assert.Equal([.. Enumerable.Repeat(2048, 9), 3568], Large.CutAll(new byte[22_000]));

    private static int Random(int seed, int below) => new Random(seed).Next(below);

    private static List<int> Defined(byte[] content, int min, int horizon)
    {
        var lengths = new List<int>();
        for (var start = 0; start < content.Length; start += lengths[^1])
        {
            var left = content.Length - start;
            if (left < 2 * min)
            {
                lengths.Add(left);
                continue;
            }

            var bound = Math.Min(left - min, min + horizon);
            int best;
            do
            {
                best = Enumerable.Range(min, bound - min + 1).MaxBy(end => HashBefore(content, start + end));
                bound = best - min;
            }
            while (best >= 2 * min);
            lengths.Add(best);
        }

        return lengths;
    }

    private static ulong HashBefore(byte[] content, int end)
    {
        var hash = 0UL;
        for (var i = end - 64; i < end; i++)
        {
            hash = (hash << 1) + GearHash.Numbers[content[i]];
        }

        return hash;
    }
}
