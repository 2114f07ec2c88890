using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace BuildFarm.TestKit.S3;

/// <summary>A request to S3 with what it is signed by; <see cref="OpenBody"/> gives the content that was meant.</summary>
public sealed class SignedRequest
{
    private static readonly TimeSpan LargestSkew = TimeSpan.FromMinutes(15);

    private readonly Dictionary<string, string[]> _headers;
    private readonly string _scope;
    private readonly string _timestamp;
    private readonly string _signature;
    private readonly string _payload;
    private byte[] _key = [];

    /// <param name="method">GET and so on.</param>
    /// <param name="target">Path and query as sent.</param>
    /// <param name="headers">All of them.</param>
    public SignedRequest(string method, string target, IEnumerable<KeyValuePair<string, string[]>> headers)
    {
        Method = method;
        var cut = target.IndexOf('?', StringComparison.Ordinal);
        (Path, Query) = cut < 0 ? (target, "") : (target[..cut], target[(cut + 1)..]);
        _headers = new Dictionary<string, string[]>(headers, StringComparer.OrdinalIgnoreCase);
        var parts = ParseAuthorization(Header("authorization") ?? throw new S3RefusalException(403, "AccessDenied", "The request is not signed."));
        var credential = parts["Credential"].Split('/', 2);
        AccessKey = credential[0];
        _scope = credential[1];
        SignedHeaders = parts["SignedHeaders"].Split(';');
        _signature = parts["Signature"];
        _timestamp = Header("x-amz-date") ?? throw new S3RefusalException(403, "AccessDenied", "There is no x-amz-date.");
        _payload = Header("x-amz-content-sha256") ?? SigV4.EmptyHash;
    }

    public string Method { get; }

    public string Path { get; }

    public string Query { get; }

    public string AccessKey { get; }

    public IReadOnlyList<string> SignedHeaders { get; }

    /// <summary>How the body is covered: a hash, or the word for it.</summary>
    public string Payload => _payload;

    public string? Header(string name) => _headers.TryGetValue(name, out var values) ? string.Join(',', values) : null;

    /// <summary>Checks key, time, scope and signature of the head.</summary>
    /// <exception cref="S3RefusalException">403, with the code that S3 has for it.</exception>
    public void Verify(string accessKey, string secret, string region, DateTimeOffset now)
    {
        if (AccessKey != accessKey)
        {
            throw new S3RefusalException(403, "InvalidAccessKeyId", "The access key is not known.");
        }

        var at = DateTimeOffset.ParseExact(_timestamp, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        if ((now - at).Duration() > LargestSkew)
        {
            throw new S3RefusalException(403, "RequestTimeTooSkewed", $"The request is of {at:O} and it is {now:O}.");
        }

        if (_scope != $"{_timestamp[..8]}/{region}/s3/aws4_request")
        {
            throw new S3RefusalException(400, "AuthorizationHeaderMalformed", $"The scope is {_scope}.");
        }

        if (!SignedHeaders.Contains("host", StringComparer.Ordinal)
            || _headers.Keys.Any(name => name.StartsWith("x-amz-", StringComparison.OrdinalIgnoreCase) && !SignedHeaders.Contains(name.ToLowerInvariant(), StringComparer.Ordinal)))
        {
            throw new S3RefusalException(403, "AccessDenied", "There were headers present in the request which were not signed.");
        }

        _key = SigV4.SigningKey(secret, _scope);
        var canonical = SigV4.CanonicalRequest(Method, Path, Query, HeadersThatAreSigned(), _payload);
        ExpectSignature(_signature, SigV4.StringToSign(canonical, _timestamp, _scope));
    }

    /// <summary>The content of the body, its hash, chunk signatures, trailers and checksums verified.</summary>
    /// <exception cref="S3RefusalException">It is not what was signed or announced.</exception>
    public byte[] OpenBody(byte[] body)
    {
        var isChunked = _payload.StartsWith("STREAMING-", StringComparison.Ordinal);
        var trailers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var content = isChunked ? new AwsChunkedBody(body, _payload, _signature, ExpectChunkSignature, ExpectTrailerSignature).Read(trailers) : body;
        if (!isChunked && _payload != "UNSIGNED-PAYLOAD" && _payload != SigV4.HashHex(body))
        {
            throw new S3RefusalException(400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.");
        }

        if (isChunked && Header("x-amz-decoded-content-length") != content.Length.ToString(CultureInfo.InvariantCulture))
        {
            throw new S3RefusalException(400, "IncompleteBody", "x-amz-decoded-content-length is not the length of the content.");
        }

        foreach (var announced in (Header("x-amz-trailer") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!trailers.ContainsKey(announced))
            {
                throw new S3RefusalException(400, "MalformedTrailerError", $"The trailer {announced} was announced and did not come.");
            }
        }

        foreach (var (name, value) in trailers.Concat(_headers.Select(header => KeyValuePair.Create(header.Key.ToLowerInvariant(), string.Join(',', header.Value)))))
        {
            if (IsChecksum(name) && Checksums.Of(name, content) != value)
            {
                throw new S3RefusalException(400, "BadDigest", $"{name} does not match what was received.");
            }
        }

        return content;
    }

    private static bool IsChecksum(string name) =>
        name.StartsWith("x-amz-checksum-", StringComparison.Ordinal) && name is not ("x-amz-checksum-mode" or "x-amz-checksum-algorithm" or "x-amz-checksum-type");

    private static Dictionary<string, string> ParseAuthorization(string header)
    {
        if (!header.StartsWith(SigV4.Algorithm + " ", StringComparison.Ordinal))
        {
            throw new S3RefusalException(400, "AuthorizationHeaderMalformed", "The algorithm is not AWS4-HMAC-SHA256.");
        }

        return header[(SigV4.Algorithm.Length + 1)..].Split(',', StringSplitOptions.TrimEntries)
            .Select(part => part.Split('=', 2)).ToDictionary(part => part[0], part => part[1], StringComparer.Ordinal);
    }

    private IEnumerable<KeyValuePair<string, string>> HeadersThatAreSigned() =>
        SignedHeaders.SelectMany(name => _headers.TryGetValue(name, out var values)
            ? values.Select(value => KeyValuePair.Create(name, value))
            : throw new S3RefusalException(403, "SignatureDoesNotMatch", $"The signed header {name} is absent."));

    private void ExpectChunkSignature(string signature, string previous, ReadOnlyMemory<byte> chunk) =>
        ExpectSignature(signature, SigV4.ChunkStringToSign(_timestamp, _scope, previous, chunk.Span));

    private void ExpectTrailerSignature(string signature, string previous, string trailers) =>
        ExpectSignature(signature, SigV4.TrailerStringToSign(_timestamp, _scope, previous, trailers));

    private void ExpectSignature(string given, string stringToSign)
    {
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(given), Encoding.ASCII.GetBytes(SigV4.Sign(_key, stringToSign))))
        {
            throw new S3RefusalException(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.");
        }
    }
}
