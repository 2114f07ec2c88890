using System.Collections.Frozen;
using System.Security.Cryptography;
using BuildFarm.Digests.Hashing;

namespace BuildFarm.Digests;

/// <summary>
/// A way of turning bytes into a hash. Instances are singletons, so equality is identity. A digest of one function never equals one of another.
/// </summary>
public sealed class DigestFunction
{
    /// <summary>Bytes of the longest hash.</summary>
    public const int LongestHash = SHA512.HashSizeInBytes;

    private static readonly DigestFunction[] Functions =
    [
        Classic("sha256", SHA256.HashSizeInBytes, HashAlgorithmName.SHA256, SHA256.HashData),
        Classic("sha1", SHA1.HashSizeInBytes, HashAlgorithmName.SHA1, SHA1.HashData),
        Classic("md5", MD5.HashSizeInBytes, HashAlgorithmName.MD5, MD5.HashData),
        Classic("sha384", SHA384.HashSizeInBytes, HashAlgorithmName.SHA384, SHA384.HashData),
        Classic("sha512", SHA512.HashSizeInBytes, HashAlgorithmName.SHA512, SHA512.HashData),
        Tree<Sha256Tree>("sha256tree"),
        Tree<Blake3>("blake3"),
    ];

    private static readonly FrozenDictionary<string, DigestFunction> ByName =
        Functions.ToFrozenDictionary(static function => function.Name, StringComparer.Ordinal);

    private readonly Func<HashState> _start;
    private readonly OneShotHash _hash;

    private DigestFunction(string name, int hashLength, bool isNamed, Func<HashState> start, OneShotHash hash)
    {
        Name = name;
        HashLength = hashLength;
        IsNamed = isNamed;
        _start = start;
        _hash = hash;
        Tag = new DigestTag(this);
        EmptyBlob = Digest.OfBytes([], this);
    }

    private delegate void OneShotHash(ReadOnlySpan<byte> source, Span<byte> destination);

    private delegate int PlatformOneShot(ReadOnlySpan<byte> source, Span<byte> destination);

    /// <summary>SHA-256 (FIPS 180-4): 32 bytes. What the farm itself names blobs by.</summary>
    public static DigestFunction Sha256 => Functions[0];

    /// <summary>SHA-1 (FIPS 180-4): 20 bytes. For clients that use it; collisions can be made.</summary>
    public static DigestFunction Sha1 => Functions[1];

    /// <summary>MD5 (RFC 1321): 16 bytes. For clients that use it; collisions can be made.</summary>
    public static DigestFunction Md5 => Functions[2];

    /// <summary>SHA-384 (FIPS 180-4): 48 bytes.</summary>
    public static DigestFunction Sha384 => Functions[3];

    /// <summary>SHA-512 (FIPS 180-4): 64 bytes.</summary>
    public static DigestFunction Sha512 => Functions[4];

    /// <summary>SHA256TREE of the Remote Execution API: 32 bytes.</summary>
    public static DigestFunction Sha256Tree => Functions[5];

    /// <summary>BLAKE3: 32 bytes.</summary>
    public static DigestFunction Blake3 => Functions[6];

    /// <summary>Every function, SHA-256 first.</summary>
    public static IReadOnlyList<DigestFunction> All => Functions;

    /// <summary>Lower-case name as resource names spell it.</summary>
    public string Name { get; }

    /// <summary>Length of a hash in bytes; in hex it takes twice as many characters.</summary>
    public int HashLength { get; }

    /// <summary>Names of its blobs begin with <see cref="Name"/>. For the others the length of the hash tells the function.</summary>
    public bool IsNamed { get; }

    /// <summary>The blob of no bytes. Every store has it, and nobody uploads it.</summary>
    public Digest EmptyBlob { get; }

    /// <summary>What a short digest of this function refers to.</summary>
    internal DigestTag Tag { get; }

    /// <summary>The function of this name, or null.</summary>
    public static DigestFunction? Find(ReadOnlySpan<char> name) =>
        ByName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out var function) ? function : null;

    /// <summary>The function whose hashes have this many bytes and that needs no name, or null: how a digest without a function is read.</summary>
    public static DigestFunction? FromHashLength(int bytes)
    {
        foreach (var function in Functions)
        {
            if (function.HashLength == bytes && !function.IsNamed)
                return function;
        }

        return null;
    }

    /// <summary>Hashes <paramref name="content"/> at once, without allocating.</summary>
    /// <exception cref="ArgumentException"><paramref name="hash"/> is shorter than <see cref="HashLength"/>.</exception>
    public void Hash(ReadOnlySpan<byte> content, Span<byte> hash) => _hash(content, hash);

    public override string ToString() => Name;

    /// <summary>Begins a hash over content that comes in parts; the caller disposes it.</summary>
    internal HashState Start() => _start();

    private static DigestFunction Classic(string name, int length, HashAlgorithmName algorithm, PlatformOneShot hash) =>
        new(name, length, isNamed: false, () => new PlatformHash(algorithm), (source, destination) => hash(source, destination));

    private static DigestFunction Tree<TTree>(string name)
        where TTree : struct, IChunkTree =>
        new(name, ChunkTree.ValueBytes, isNamed: true, static () => new ChunkTreeHash<TTree>(), ChunkTree.Hash<TTree>);
}
