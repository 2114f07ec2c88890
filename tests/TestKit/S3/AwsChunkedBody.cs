using System.Globalization;
using System.Text;

namespace BuildFarm.TestKit.S3;

/// <summary>A body in the encoding <c>aws-chunked</c>: chunks with or without signatures, then trailers with or without one.</summary>
internal sealed class AwsChunkedBody(
    byte[] body, string payload, string seedSignature,
    Action<string, string, ReadOnlyMemory<byte>> expectChunk, Action<string, string, string> expectTrailer)
{
    private const string ChunkSignature = ";chunk-signature=";
    private const string TrailerSignature = "x-amz-trailer-signature";

    private readonly bool _isSigned = payload.StartsWith(SigV4.Algorithm.Insert(0, "STREAMING-"), StringComparison.Ordinal);
    private readonly bool _hasTrailer = payload.EndsWith("-TRAILER", StringComparison.Ordinal);
    private int _at;

    /// <summary>The content; what trails it goes into <paramref name="trailers"/>.</summary>
    public byte[] Read(Dictionary<string, string> trailers)
    {
        if (!_isSigned && payload != "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
        {
            throw new S3RefusalException(400, "InvalidArgument", $"x-amz-content-sha256 is {payload}.");
        }

        using var content = new MemoryStream();
        var previous = seedSignature;
        ReadOnlyMemory<byte> chunk;
        do
        {
            var head = ReadLine();
            var cut = head.IndexOf(ChunkSignature, StringComparison.Ordinal);
            if (_isSigned != cut >= 0)
            {
                throw new S3RefusalException(403, "AccessDenied", "A chunk is signed where none should be, or the reverse.");
            }

            chunk = Take(int.Parse(cut < 0 ? head : head[..cut], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            if (_isSigned)
            {
                var signature = head[(cut + ChunkSignature.Length)..];
                expectChunk(signature, previous, chunk);
                previous = signature;
            }

            content.Write(chunk.Span);
            if (!chunk.IsEmpty || !_hasTrailer)
            {
                ExpectEmptyLine();
            }
        }
        while (!chunk.IsEmpty);
        if (_hasTrailer)
        {
            ReadTrailers(trailers, previous);
        }

        return content.ToArray();
    }

    private void ReadTrailers(Dictionary<string, string> trailers, string previous)
    {
        var signature = "";
        for (var line = ReadLine(); line.Length > 0; line = _at < body.Length ? ReadLine() : "")
        {
            var pair = line.Split(':', 2);
            if (pair[0] == TrailerSignature)
            {
                signature = pair[1].Trim();
            }
            else
            {
                trailers.Add(pair[0].ToLowerInvariant(), pair[1].Trim());
            }
        }

        if (_isSigned)
        {
            expectTrailer(signature, previous, string.Concat(trailers.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}:{pair.Value}\n")));
        }
    }

    private string ReadLine()
    {
        var length = body.AsSpan(_at).IndexOf("\r\n"u8);
        if (length < 0)
        {
            throw new S3RefusalException(400, "IncompleteBody", "The request body terminated unexpectedly.");
        }

        var line = Encoding.ASCII.GetString(body, _at, length);
        _at += length + 2;
        return line;
    }

    private ReadOnlyMemory<byte> Take(int length)
    {
        if (length > body.Length - _at)
        {
            throw new S3RefusalException(400, "IncompleteBody", "The request body terminated unexpectedly.");
        }

        _at += length;
        return body.AsMemory(_at - length, length);
    }

    private void ExpectEmptyLine()
    {
        if (ReadLine().Length > 0)
        {
            throw new S3RefusalException(400, "IncompleteBody", "A chunk is longer than it says.");
        }
    }
}
