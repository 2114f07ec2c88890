using BuildFarm.Digests.Hashing;

namespace BuildFarm.Digests;

/// <summary>Makes the digest of content that comes in parts. Not thread-safe.</summary>
public sealed class DigestBuilder : IDisposable
{
    private readonly DigestFunction _function;
    private readonly HashState _hash;

    public DigestBuilder() : this(DigestFunction.Sha256)
    {
    }

    public DigestBuilder(DigestFunction function)
    {
        ArgumentNullException.ThrowIfNull(function);
        _function = function;
        _hash = function.Start();
    }

    /// <summary>Bytes appended since the start or the last <see cref="Finish"/>.</summary>
    public long Length { get; private set; }

    public void Append(ReadOnlySpan<byte> content)
    {
        _hash.Append(content);
        Length += content.Length;
    }

    /// <summary>The digest of everything appended; the builder then starts anew.</summary>
    public Digest Finish()
    {
        Span<byte> hash = stackalloc byte[_function.HashLength];
        _hash.Finish(hash);
        var digest = new Digest(_function, hash, Length);
        Length = 0;
        return digest;
    }

    public void Dispose() => _hash.Dispose();
}
