using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace BuildFarm.Digests;

/// <summary>
/// The identity of a blob: a hash of its bytes and their number, both. A value: two digests are equal when function, hash and size are.
/// </summary>
/// <remarks>
/// Order is that of the hash's bytes, then of the size, then of the function's name. The default value stands for "no digest" and is equal
/// only to itself. Digests are held by the million: 32 bytes of hash are inline, and the one reference stands for the function and whatever
/// a longer hash has beyond them.
/// </remarks>
[StructLayout(LayoutKind.Auto)]
public readonly partial struct Digest : IEquatable<Digest>, IComparable<Digest>
{
    /// <summary>Bytes of hash that a digest holds without allocating.</summary>
    public const int InlineHashLength = 32;

    // The hash, big-endian, so that comparing the words compares the bytes. Shorter hashes leave zeros at the end.
    private readonly ulong _word0;
    private readonly ulong _word1;
    private readonly ulong _word2;
    private readonly ulong _word3;
    private readonly DigestTag? _tag;

    /// <param name="function">What made the hash.</param>
    /// <param name="hash">Exactly <see cref="DigestFunction.HashLength"/> bytes.</param>
    /// <param name="sizeBytes">Zero or more.</param>
    /// <exception cref="DigestFormatException">The hash has the wrong length, or the size is negative.</exception>
    public Digest(DigestFunction function, ReadOnlySpan<byte> hash, long sizeBytes)
    {
        ArgumentNullException.ThrowIfNull(function);
        if (hash.Length != function.HashLength)
            throw new DigestFormatException($"a {function.Name} hash has {function.HashLength} bytes, not {hash.Length}");
        if (sizeBytes < 0)
            throw new DigestFormatException(NegativeSize(sizeBytes));
        SizeBytes = sizeBytes;
        if (hash.Length == InlineHashLength)
        {
            _word0 = BinaryPrimitives.ReadUInt64BigEndian(hash);
            _word1 = BinaryPrimitives.ReadUInt64BigEndian(hash[8..]);
            _word2 = BinaryPrimitives.ReadUInt64BigEndian(hash[16..]);
            _word3 = BinaryPrimitives.ReadUInt64BigEndian(hash[24..]);
            _tag = function.Tag;
            return;
        }

        Span<byte> padded = stackalloc byte[DigestFunction.LongestHash];
        padded.Clear();
        hash.CopyTo(padded);
        _word0 = BinaryPrimitives.ReadUInt64BigEndian(padded);
        _word1 = BinaryPrimitives.ReadUInt64BigEndian(padded[8..]);
        _word2 = BinaryPrimitives.ReadUInt64BigEndian(padded[16..]);
        _word3 = BinaryPrimitives.ReadUInt64BigEndian(padded[24..]);
        _tag = hash.Length <= InlineHashLength ? function.Tag : new DigestTag(
            function,
            BinaryPrimitives.ReadUInt64BigEndian(padded[32..]),
            BinaryPrimitives.ReadUInt64BigEndian(padded[40..]),
            BinaryPrimitives.ReadUInt64BigEndian(padded[48..]),
            BinaryPrimitives.ReadUInt64BigEndian(padded[56..]));
    }

    /// <summary>The blob of no bytes under SHA-256. Every store has it, and nobody uploads it.</summary>
    public static Digest Empty => DigestFunction.Sha256.EmptyBlob;

    /// <summary>True for the default value, which names no blob.</summary>
    public bool IsDefault => _tag is null;

    /// <summary>True for the blob of no bytes, whatever the function.</summary>
    public bool IsEmptyBlob => SizeBytes == 0 && _tag is not null && Equals(_tag.Function.EmptyBlob);

    /// <exception cref="InvalidOperationException">This is the default value.</exception>
    public DigestFunction Function => _tag?.Function ?? throw new InvalidOperationException("a default Digest names no blob; check IsDefault first");

    /// <summary>Bytes of the blob.</summary>
    public long SizeBytes { get; }

    /// <summary>The first eight bytes of the hash, as a big-endian number: what tables go by.</summary>
    public ulong HashStart => _word0;

    /// <summary>The next eight, as <see cref="HashStart"/>.</summary>
    public ulong HashNext => _word1;

    /// <summary>The hash in lower-case hex. Allocates; on hot paths use <see cref="TryFormatHash"/>.</summary>
    public string HashHex => string.Create(Function.HashLength * 2, this, static (chars, digest) => digest.TryFormatHash(chars, out _));

    public static bool operator ==(Digest left, Digest right) => left.Equals(right);

    public static bool operator !=(Digest left, Digest right) => !left.Equals(right);

    public static bool operator <(Digest left, Digest right) => left.CompareTo(right) < 0;

    public static bool operator >(Digest left, Digest right) => left.CompareTo(right) > 0;

    public static bool operator <=(Digest left, Digest right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Digest left, Digest right) => left.CompareTo(right) >= 0;

    /// <summary>The SHA-256 digest of <paramref name="content"/>, without allocating.</summary>
    public static Digest OfBytes(ReadOnlySpan<byte> content) => OfBytes(content, DigestFunction.Sha256);

    /// <inheritdoc cref="OfBytes(ReadOnlySpan{byte})"/>
    public static Digest OfBytes(ReadOnlySpan<byte> content, DigestFunction function)
    {
        ArgumentNullException.ThrowIfNull(function);
        Span<byte> hash = stackalloc byte[function.HashLength];
        function.Hash(content, hash);
        return new Digest(function, hash, content.Length);
    }

    /// <summary>The digest of everything from the stream's position to its end.</summary>
    public static async ValueTask<Digest> OfStreamAsync(Stream content, DigestFunction? function = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        using var builder = new DigestBuilder(function ?? DigestFunction.Sha256);
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(256 * 1024);
        try
        {
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
                builder.Append(buffer.AsSpan(0, read));
            return builder.Finish();
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Copies the hash, <see cref="DigestFunction.HashLength"/> bytes, to the front of <paramref name="destination"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    public void CopyHashTo(Span<byte> destination)
    {
        var function = Function;
        Span<byte> padded = stackalloc byte[DigestFunction.LongestHash];
        BinaryPrimitives.WriteUInt64BigEndian(padded, _word0);
        BinaryPrimitives.WriteUInt64BigEndian(padded[8..], _word1);
        BinaryPrimitives.WriteUInt64BigEndian(padded[16..], _word2);
        BinaryPrimitives.WriteUInt64BigEndian(padded[24..], _word3);
        if (function.HashLength > InlineHashLength)
        {
            BinaryPrimitives.WriteUInt64BigEndian(padded[32..], _tag!.Word4);
            BinaryPrimitives.WriteUInt64BigEndian(padded[40..], _tag.Word5);
            BinaryPrimitives.WriteUInt64BigEndian(padded[48..], _tag.Word6);
            BinaryPrimitives.WriteUInt64BigEndian(padded[56..], _tag.Word7);
        }

        padded[..function.HashLength].CopyTo(destination);
    }

    /// <summary>Writes the hash in lower-case hex.</summary>
    public bool TryFormatHash(Span<char> destination, out int charsWritten)
    {
        Span<byte> hash = stackalloc byte[DigestFunction.LongestHash];
        CopyHashTo(hash);
        return Convert.TryToHexStringLower(hash[..Function.HashLength], destination, out charsWritten);
    }

    public bool Equals(Digest other) =>
        _word0 == other._word0 && _word1 == other._word1 && _word2 == other._word2 && _word3 == other._word3
        && SizeBytes == other.SizeBytes && (ReferenceEquals(_tag, other._tag) || (_tag is not null && _tag.Equals(other._tag)));

    public override bool Equals(object? obj) => obj is Digest other && Equals(other);

    // Any eight bytes of a cryptographic hash are as good as all of them.
    public override int GetHashCode() => HashCode.Combine(_word0, SizeBytes);

    public int CompareTo(Digest other)
    {
        var order = _word0.CompareTo(other._word0);
        if (order == 0)
            order = _word1.CompareTo(other._word1);
        if (order == 0)
            order = _word2.CompareTo(other._word2);
        if (order == 0)
            order = _word3.CompareTo(other._word3);
        if (order != 0 || ReferenceEquals(_tag, other._tag))
            return order != 0 ? order : SizeBytes.CompareTo(other.SizeBytes);
        if (_tag is null || other._tag is null)
            return _tag is null ? -1 : 1;
        order = _tag.Order(other._tag);
        if (order == 0)
            order = SizeBytes.CompareTo(other.SizeBytes);
        return order != 0 ? order : string.CompareOrdinal(_tag.Function.Name, other._tag.Function.Name);
    }

    /// <summary>As resource names spell it: <c>[{function}/]{hash}/{size}</c>, the function only when it is named; <c>none</c> for the default value.</summary>
    public override string ToString() =>
        _tag is null ? "none" : _tag.Function.IsNamed ? $"{_tag.Function.Name}/{HashHex}/{SizeBytes}" : $"{HashHex}/{SizeBytes}";
}
