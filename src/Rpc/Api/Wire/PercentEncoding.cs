using System.Buffers;
using System.Text;

namespace BuildFarm.Rpc.Wire;

/// <summary>The encoding of <c>grpc-message</c>: UTF-8 whose bytes outside printable ASCII, and <c>%</c> itself, are written as <c>%XX</c>.</summary>
public static class PercentEncoding
{
    private const string HexDigits = "0123456789ABCDEF";

    private static readonly SearchValues<char> Unescaped = SearchValues.Create(
        " !\"#$&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>Encodes a status message for the wire. The text itself comes back when nothing needs an escape.</summary>
    public static string Encode(string message)
    {
        if (message.AsSpan().IndexOfAnyExcept(Unescaped) < 0)
        {
            return message;
        }

        var bytes = Encoding.UTF8.GetBytes(message);
        var encoded = new StringBuilder(bytes.Length + 16);
        foreach (var b in bytes)
        {
            if (b is >= 0x20 and <= 0x7e and not (byte)'%')
            {
                encoded.Append((char)b);
            }
            else
            {
                encoded.Append('%').Append(HexDigits[b >> 4]).Append(HexDigits[b & 0xf]);
            }
        }

        return encoded.ToString();
    }

    /// <summary>Decodes a status message. What is not a well-formed escape is kept as it stands: a message is never lost because a peer encoded it badly.</summary>
    public static string Decode(string encoded)
    {
        if (!encoded.Contains('%', StringComparison.Ordinal))
        {
            return encoded;
        }

        var bytes = new ArrayBufferWriter<byte>(encoded.Length);
        for (var at = 0; at < encoded.Length;)
        {
            if (encoded[at] == '%' && at + 2 < encoded.Length && char.IsAsciiHexDigit(encoded[at + 1]) && char.IsAsciiHexDigit(encoded[at + 2]))
            {
                bytes.GetSpan(1)[0] = (byte)((FromHex(encoded[at + 1]) << 4) | FromHex(encoded[at + 2]));
                bytes.Advance(1);
                at += 3;
                continue;
            }

            var next = encoded.IndexOf('%', at + 1);
            var plain = encoded.AsSpan(at, (next < 0 ? encoded.Length : next) - at);
            bytes.Advance(Encoding.UTF8.GetBytes(plain, bytes.GetSpan(Encoding.UTF8.GetMaxByteCount(plain.Length))));
            at += plain.Length;
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private static int FromHex(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
