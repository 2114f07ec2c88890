using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using BuildFarm.Digests;

namespace BuildFarm.BlobStore.Nodes;

/// <summary>
/// Which nodes a blob lies on, by the highest random weight: each pair of a node and a blob has a weight that depends on nothing
/// else, and the nodes with the highest have the blob. So a node that comes takes its share from all the others and one that
/// goes leaves its share to them; nothing else moves, and nobody keeps a list of what is where.
/// </summary>
public static class Rendezvous
{
    /// <summary>What stands for a node in the weights: a hash of its name.</summary>
    public static ulong SeedOf(string name) => BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    /// <summary>What stands for a blob: the front of its hash. The size has no part in it, for those who know the hash alone.</summary>
    public static ulong KeyOf(in Digest digest)
    {
        Span<byte> hash = stackalloc byte[digest.Function.HashLength];
        digest.CopyHashTo(hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }

    /// <summary>Fills <paramref name="best"/> with the indexes of the nodes with the highest weights, the highest first.</summary>
    /// <param name="seeds">One for each node; as many as there are places, or more.</param>
    /// <param name="key">The blob's.</param>
    /// <param name="best">As many as copies.</param>
    public static void Place(ReadOnlySpan<ulong> seeds, ulong key, Span<int> best)
    {
        Span<ulong> weights = stackalloc ulong[best.Length];
        var filled = 0;
        for (var node = 0; node < seeds.Length; node++)
        {
            var weight = Mix(key ^ seeds[node]);
            var place = filled;
            while (place > 0 && weight > weights[place - 1])
            {
                place--;
            }

            if (place == best.Length)
            {
                continue;
            }

            filled = Math.Min(filled + 1, best.Length);
            for (var i = filled - 1; i > place; i--)
            {
                (weights[i], best[i]) = (weights[i - 1], best[i - 1]);
            }

            (weights[place], best[place]) = (weight, node);
        }
    }

    // The finalizer of SplitMix64: every bit of the result depends on every bit of the input.
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
