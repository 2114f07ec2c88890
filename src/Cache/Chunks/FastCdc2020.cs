using System.Numerics;

namespace BuildFarm.Cache.Chunks;

/// <summary>
/// Cuts content where its bytes say so, by FastCDC as its paper of 2020 and the contract define it (normalization 2): a gear hash runs over
/// the content, and a chunk ends where some bits of it are zero, more of them before the average size than after it. The same bytes are cut
/// in the same places wherever they stand, so a small change changes few chunks. It remembers nothing, so one serves all blobs.
/// </summary>
internal sealed class FastCdc2020 : IChunkCutter
{
    private const int Normalization = 2;
    private const int SmallestMaskBits = 8;

    // By the number of zero bits that a cut needs on average, spread as the authors' reference spreads them: 8 to 22.
    private static readonly ulong[] Masks =
    [
        0x1800035300, 0x19000353000, 0x590003530000, 0xd90003530000, 0xd90103530000, 0xd90303530000, 0xd90313530000, 0xd90f03530000,
        0xd90303537000, 0xd90703537000, 0xd90707537000, 0xd91707537000, 0xd91747537000, 0xd91767537000, 0xd93767537000,
    ];

    private readonly ulong _maskBefore;
    private readonly ulong _maskAfter;

    /// <summary>As the contract derives it from the average: a quarter of it at least, four times it at most.</summary>
    /// <param name="averageBytes">A power of two from 1 KiB to 1 MiB.</param>
    public FastCdc2020(int averageBytes) : this(averageBytes / 4, averageBytes, averageBytes * 4)
    {
    }

    internal FastCdc2020(int minBytes, int averageBytes, int maxBytes)
    {
        var bits = BitOperations.Log2((uint)averageBytes);
        (MinBytes, AverageBytes, MaxBytes) = (minBytes, averageBytes, maxBytes);
        _maskBefore = Masks[bits + Normalization - SmallestMaskBits];
        _maskAfter = Masks[bits - Normalization - SmallestMaskBits];
    }

    public int MinBytes { get; }

    public int AverageBytes { get; }

    public int MaxBytes { get; }

    /// <inheritdoc />
    public int CutsFrom => MaxBytes;

    /// <inheritdoc />
    public int LooksAhead => MaxBytes;

    /// <inheritdoc />
    public int Cut(ReadOnlySpan<byte> content)
    {
        if (content.Length <= MinBytes)
        {
            return content.Length;
        }

        var end = Math.Min(content.Length, MaxBytes);
        var middle = Math.Min(end, AverageBytes);

        // Bytes are taken in pairs, so the last one of an odd number is not looked at.
        var hash = 0UL;
        var at = Find(content, MinBytes, middle & ~1, _maskBefore, ref hash);
        if (at < 0)
        {
            at = Find(content, middle & ~1, end & ~1, _maskAfter, ref hash);
        }

        return at < 0 ? end : at;
    }

    /// <summary>The first position whose hash has no bit of the mask; -1 when none has.</summary>
    private static int Find(ReadOnlySpan<byte> content, int from, int to, ulong mask, ref ulong hash)
    {
        var gear = GearHash.Numbers;
        var running = hash;
        for (var i = from; i < to; i++)
        {
            running = (running << 1) + gear[content[i]];
            if ((running & mask) == 0)
            {
                return i;
            }
        }

        hash = running;
        return -1;
    }
}
