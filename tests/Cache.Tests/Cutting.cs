using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.Cache.Chunks;
using BuildFarm.Digests;
using Xunit;

namespace BuildFarm.Cache.Tests;

/// <summary>What every way to cut blobs is tried with.</summary>
internal static class Cutting
{
    /// <summary>The chunks' lengths; the cutter sees no more of the content than it says it looks at.</summary>
    public static List<int> CutAll(this IChunkCutter cutter, ReadOnlySpan<byte> content)
    {
        var lengths = new List<int>();
        while (!content.IsEmpty)
        {
            lengths.Add(cutter.Cut(content[..Math.Min(content.Length, cutter.LooksAhead)]));
            content = content[lengths[^1]..];
        }

        return lengths;
    }

    /// <summary>One byte in the middle is changed and some are put in before it: both ends of the content stay in the chunks that they were in.</summary>
    public static void AssertASmallEditChangesFew(this IChunkCutter cutter, int inserted, int atMost)
    {
        var content = TestContent.Of(3_000_000, seed: 2);
        byte[] changed = [.. content[..1_500_000], .. new byte[inserted], .. content[1_500_000..]];
        changed[1_500_000] ^= 1;

        var (before, after) = (Chunks(cutter, content), Chunks(cutter, changed));

        Assert.InRange(after.Except(before).Count(), 1, atMost);
        Assert.InRange(before.Except(after).Count(), 1, atMost);
    }

    private static List<Digest> Chunks(IChunkCutter cutter, byte[] content)
    {
        var chunks = new List<Digest>();
        var at = 0;
        foreach (var length in cutter.CutAll(content))
        {
            chunks.Add(Digest.OfBytes(content.AsSpan(at, length)));
            at += length;
        }

        return chunks;
    }
}
