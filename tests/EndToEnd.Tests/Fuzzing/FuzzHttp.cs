using System.Text;

namespace BuildFarm.EndToEnd.Tests.Fuzzing;

/// <summary>Requests to the HTTP cache: paths, ranges, headers and lengths that are wrong, or not even text.</summary>
internal sealed class FuzzHttp(Random random, FuzzTexts texts)
{
    private static readonly string[] Methods = ["GET", "GET", "GET", "HEAD", "PUT", "PUT", "DELETE", "POST", "OPTIONS", "PATCH", "get", "CONNECT", "X", ""];
    private static readonly string[] Versions = ["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/9", ""];

    private static readonly string[] Ranges =
    [
        "bytes=0-0", "bytes=1-", "bytes=-5", "bytes=0-99999999999999999999", "bytes=5-1", "bytes=-0", "bytes=0-1,3-4", "bytes=a-b", "lines=1-2", "bytes=", "bytes=9223372036854775807-", "bytes=-9223372036854775808",
    ];

    private static readonly string[] Lengths = ["0", "1", "-1", "5", "99999999999999999999", "9223372036854775807", "1, 1", "x", "1000000000"];

    public byte[] Make()
    {
        var body = new byte[random.Next(3) == 0 ? random.Next(3000) : 0];
        random.NextBytes(body);
        var method = Methods[random.Next(Methods.Length)];
        var text = new StringBuilder($"{method} {Path()} {Versions[random.Next(Versions.Length)]}\r\nHost: farm\r\nConnection: close\r\n");
        if (random.Next(3) == 0)
        {
            text.Append("Range: ").Append(random.Next(5) == 0 ? Header() : Ranges[random.Next(Ranges.Length)]).Append("\r\n");
        }

        text.Append(random.Next(5) switch
        {
            0 => $"Content-Length: {Lengths[random.Next(Lengths.Length)]}\r\n",
            1 when body.Length > 0 => "Transfer-Encoding: chunked\r\n",
            2 when body.Length == 0 => "",
            _ => $"Content-Length: {body.Length}\r\n",
        });
        for (var left = random.Next(3); left > 0; left--)
        {
            text.Append(random.Next(4) == 0 ? Header() : "X-Any").Append(": ").Append(Header()).Append("\r\n");
        }

        byte[] bytes = [.. Encoding.UTF8.GetBytes(text.Append("\r\n").ToString()), .. body];
        return random.Next(6) == 0 ? WireMutator.Mutate(bytes, random) : bytes;
    }

    private string Path()
    {
        var path = random.Next(8) switch
        {
            0 => $"/cas/{texts.Hash()}",
            1 => $"/ac/{texts.Hash()}",
            2 => $"/kv/{Segment()}/{Segment()}",
            3 => $"/{Segment()}/cas/{texts.Hash()}",
            4 => $"/{texts.Resource()}",
            5 => $"/runs/{Segment()}",
            6 => $"/kv/ccache/{texts.Hash()}",
            _ => $"/{Segment()}",
        };
        return random.Next(4) == 0 ? path : Uri.EscapeDataString(path).Replace("%2F", "/", StringComparison.Ordinal);
    }

    private string Segment() => texts.Any();

    // A line that does not end there would be the next header.
    private string Header() => random.Next(5) == 0 ? texts.Any() : texts.Any().ReplaceLineEndings("");
}
