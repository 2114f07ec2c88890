using System.Security.Cryptography;

namespace BuildFarm.Digests;

/// <summary>
/// A way of turning bytes into a hash. Instances are singletons, so equality is identity.
/// </summary>
/// <remarks>
/// A further function needs an instance here and, if its hash exceeds <see cref="Digest.InlineHashLength"/> bytes, more room in
/// <see cref="Digest"/>; callers see neither, since they go through spans and <see cref="HashLength"/>.
/// </remarks>
public sealed class DigestFunction
{
    private readonly HashAlgorithmName _algorithm;
    private readonly OneShotHash _hash;

    private DigestFunction(string name, int hashLength, HashAlgorithmName algorithm, OneShotHash hash)
    {
        Name = name;
        HashLength = hashLength;
        _algorithm = algorithm;
        _hash = hash;
    }

    private delegate int OneShotHash(ReadOnlySpan<byte> source, Span<byte> destination);

    /// <summary>SHA-256 (FIPS 180-4): 32 bytes.</summary>
    public static DigestFunction Sha256 { get; } = new("sha256", SHA256.HashSizeInBytes, HashAlgorithmName.SHA256, SHA256.HashData);

    /// <summary>Lower-case name as resource names spell it.</summary>
    public string Name { get; }

    /// <summary>Length of a hash in bytes; in hex it takes twice as many characters.</summary>
    public int HashLength { get; }

    /// <summary>Hashes <paramref name="content"/> at once, without allocating.</summary>
    /// <exception cref="ArgumentException"><paramref name="hash"/> is shorter than <see cref="HashLength"/>.</exception>
    public void Hash(ReadOnlySpan<byte> content, Span<byte> hash) => _hash(content, hash);

    /// <summary>Begins a hash over content that comes in parts; the caller disposes it.</summary>
    public IncrementalHash StartIncremental() => IncrementalHash.CreateHash(_algorithm);

    /// <summary>The function whose hashes have this many bytes, or null: how a digest without a named function is read.</summary>
    public static DigestFunction? FromHashLength(int bytes) => bytes == Sha256.HashLength ? Sha256 : null;

    public override string ToString() => Name;
}
