using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace BuildFarm.TestKit.S3;

/// <summary>
/// AWS Signature Version 4 as its documentation defines it, from the parts of a request to the signature. Written for the
/// tests' S3 and checked against the values that AWS publishes, so that it judges the SDK's signatures by itself.
/// </summary>
public static class SigV4
{
    public const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>SHA-256 of nothing, in hex.</summary>
    public const string EmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// <summary>What a request is reduced to before it is signed.</summary>
    /// <param name="method">GET and so on.</param>
    /// <param name="path">As sent, with or without percent signs.</param>
    /// <param name="query">As sent, without the question mark.</param>
    /// <param name="headers">Name and value of those that are signed, repeated ones each.</param>
    /// <param name="payloadHash">In hex, or one of the words that stand for it.</param>
    public static string CanonicalRequest(
        string method, string path, string query, IEnumerable<KeyValuePair<string, string>> headers, string payloadHash)
    {
        var byName = headers.GroupBy(header => header.Key.ToLowerInvariant(), header => Squeeze(header.Value), StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal).ToList();
        var text = new StringBuilder(method).Append('\n').Append(CanonicalPath(path)).Append('\n').Append(CanonicalQuery(query)).Append('\n');
        foreach (var header in byName)
        {
            text.Append(header.Key).Append(':').AppendJoin(',', header).Append('\n');
        }

        return text.Append('\n').AppendJoin(';', byName.Select(header => header.Key)).Append('\n').Append(payloadHash).ToString();
    }

    /// <param name="canonicalRequest">What <see cref="CanonicalRequest"/> gave.</param>
    /// <param name="timestamp">Such as 20130524T000000Z.</param>
    /// <param name="scope">Date, region, service and <c>aws4_request</c>, with slashes between.</param>
    public static string StringToSign(string canonicalRequest, string timestamp, string scope) =>
        $"{Algorithm}\n{timestamp}\n{scope}\n{HashHex(Encoding.UTF8.GetBytes(canonicalRequest))}";

    /// <summary>What the first chunks and the last are signed with: each signature covers the one before.</summary>
    public static string ChunkStringToSign(string timestamp, string scope, string previousSignature, ReadOnlySpan<byte> chunk) =>
        $"{Algorithm}-PAYLOAD\n{timestamp}\n{scope}\n{previousSignature}\n{EmptyHash}\n{HashHex(chunk)}";

    /// <param name="timestamp">Of the request.</param>
    /// <param name="scope">Of the request.</param>
    /// <param name="previousSignature">Of the last chunk.</param>
    /// <param name="trailers">Each as <c>name:value</c> and a line feed, by name.</param>
    public static string TrailerStringToSign(string timestamp, string scope, string previousSignature, string trailers) =>
        $"{Algorithm}-TRAILER\n{timestamp}\n{scope}\n{previousSignature}\n{HashHex(Encoding.UTF8.GetBytes(trailers))}";

    public static byte[] SigningKey(string secret, string scope)
    {
        var key = Encoding.UTF8.GetBytes($"AWS4{secret}");
        foreach (var part in scope.Split('/'))
        {
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        }

        return key;
    }

    public static string Sign(byte[] signingKey, string stringToSign) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(signingKey, Encoding.UTF8.GetBytes(stringToSign)));

    public static string HashHex(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    // S3 does not remove dots or empty segments: they are a part of the key.
    private static string CanonicalPath(string path) => string.Join('/', path.Split('/').Select(segment => Encode(Decode(segment))));

    private static string CanonicalQuery(string query) =>
        string.Join('&', query.Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2))
            .Select(pair => (Name: Encode(Decode(pair[0])), Value: pair.Length > 1 ? Encode(Decode(pair[1])) : ""))
            .OrderBy(pair => pair.Name, StringComparer.Ordinal).ThenBy(pair => pair.Value, StringComparer.Ordinal)
            .Select(pair => $"{pair.Name}={pair.Value}"));

    private static string Decode(string text) => Uri.UnescapeDataString(text);

    private static string Encode(string text)
    {
        var encoded = new StringBuilder();
        foreach (var unit in Encoding.UTF8.GetBytes(text))
        {
            var character = (char)unit;
            var isPlain = char.IsAsciiLetterOrDigit(character) || character is '-' or '.' or '_' or '~';
            encoded.Append(isPlain ? character.ToString() : $"%{unit.ToString("X2", CultureInfo.InvariantCulture)}");
        }

        return encoded.ToString();
    }

    private static string Squeeze(string value) => string.Join(' ', value.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
