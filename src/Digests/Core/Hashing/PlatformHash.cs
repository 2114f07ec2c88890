using System.Security.Cryptography;

namespace BuildFarm.Digests.Hashing;

/// <summary>A hash that the platform's cryptography has.</summary>
internal sealed class PlatformHash(HashAlgorithmName algorithm) : HashState
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(algorithm);

    public override void Append(ReadOnlySpan<byte> content) => _hash.AppendData(content);

    public override void Finish(Span<byte> hash) => _hash.GetHashAndReset(hash);

    public override void Dispose()
    {
        _hash.Dispose();
        base.Dispose();
    }
}
