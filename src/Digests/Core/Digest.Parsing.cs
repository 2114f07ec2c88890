using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace BuildFarm.Digests;

public readonly partial struct Digest
{
    private static readonly SearchValues<char> LowerCaseHex = SearchValues.Create("0123456789abcdef");

    /// <summary>Reads a hash in hex beside its size. The hash is lower-case and has the length of a known function.</summary>
    /// <exception cref="DigestFormatException">It is none; the message says why.</exception>
    public static Digest Parse(ReadOnlySpan<char> hashHex, long sizeBytes, DigestFunction? function = null) =>
        TryParse(hashHex, sizeBytes, function, out var digest, out var problem) ? digest : throw new DigestFormatException(problem);

    /// <summary>Reads <c>[{function}/]{hash}/{size}</c>, what <see cref="ToString"/> writes.</summary>
    /// <exception cref="DigestFormatException">It is none; the message says why.</exception>
    public static Digest Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var digest, out var problem) ? digest : throw new DigestFormatException(problem);

    /// <inheritdoc cref="Parse(ReadOnlySpan{char})"/>
    public static bool TryParse(ReadOnlySpan<char> text, out Digest digest) => TryParse(text, out digest, out _);

    /// <inheritdoc cref="Parse(ReadOnlySpan{char})"/>
    public static bool TryParse(ReadOnlySpan<char> text, out Digest digest, [NotNullWhen(false)] out string? problem)
    {
        digest = default;
        DigestFunction? function = null;
        var slash = text.IndexOf('/');
        if (slash >= 0 && DigestFunction.Find(text[..slash]) is { IsNamed: true } named)
        {
            function = named;
            text = text[(slash + 1)..];
            slash = text.IndexOf('/');
        }

        if (slash < 0)
        {
            problem = $"\"{Shown(text)}\" is not a digest; write hash/size";
            return false;
        }

        var sizeText = text[(slash + 1)..];
        if (!TryParseSize(sizeText, out var sizeBytes))
        {
            problem = $"\"{Shown(sizeText)}\" is not a size in bytes";
            return false;
        }

        return TryParse(text[..slash], sizeBytes, function, out digest, out problem);
    }

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, long, DigestFunction?)"/>
    public static bool TryParse(
        ReadOnlySpan<char> hashHex, long sizeBytes, DigestFunction? function, out Digest digest, [NotNullWhen(false)] out string? problem)
    {
        digest = default;
        problem = null;
        var wanted = function ?? (hashHex.Length % 2 == 0 ? DigestFunction.FromHashLength(hashHex.Length / 2) : null);
        if (wanted is null)
            problem = $"the hash \"{Shown(hashHex)}\" has {hashHex.Length} characters, which no supported digest function has (sha256 has 64)";
        else if (hashHex.Length != wanted.HashLength * 2)
            problem = $"the hash \"{Shown(hashHex)}\" has {hashHex.Length} characters; {wanted.Name} has {wanted.HashLength * 2}";
        else if (hashHex.ContainsAnyExcept(LowerCaseHex))
            problem = $"the hash \"{Shown(hashHex)}\" is not lower-case hex";
        else if (sizeBytes < 0)
            problem = NegativeSize(sizeBytes);
        if (problem is not null)
            return false;

        Span<byte> hash = stackalloc byte[wanted!.HashLength];
        Convert.FromHexString(hashHex, hash, out _, out _);
        digest = new Digest(wanted, hash, sizeBytes);
        return true;
    }

    /// <summary>As <see cref="Parse(ReadOnlySpan{char}, long, DigestFunction?)"/>, of the hash in UTF-8.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> hashHex, long sizeBytes, DigestFunction? function, out Digest digest, [NotNullWhen(false)] out string? problem)
    {
        Span<char> chars = stackalloc char[DigestFunction.LongestHash * 2];
        return hashHex.Length <= chars.Length && Ascii.ToUtf16(hashHex, chars, out var written) == OperationStatus.Done
            ? TryParse(chars[..written], sizeBytes, function, out digest, out problem)
            : TryParse(Encoding.UTF8.GetString(hashHex), sizeBytes, function, out digest, out problem);
    }

    /// <summary>Digits only, in the shortest form: one blob has one spelling.</summary>
    private static bool TryParseSize(ReadOnlySpan<char> text, out long size) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out size) && (text.Length == 1 || text[0] != '0');

    private static string NegativeSize(long sizeBytes) => string.Create(CultureInfo.InvariantCulture, $"the size is {sizeBytes}; a blob has zero or more bytes");

    private static string Shown(ReadOnlySpan<char> text)
    {
        const int Longest = 80;
        return text.Length <= Longest ? text.ToString() : string.Concat(text[..Longest], "…");
    }
}
