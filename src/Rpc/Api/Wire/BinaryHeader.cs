using Grpc.Core;

namespace BuildFarm.Rpc.Wire;

/// <summary>Values of metadata keys that end in <c>-bin</c>: base64, sent without padding, read with or without it, several joined by commas.</summary>
public static class BinaryHeader
{
    /// <summary>Encodes bytes for a header.</summary>
    public static string Encode(ReadOnlySpan<byte> value) => Convert.ToBase64String(value).TrimEnd('=');

    /// <summary>Decodes one value that holds no comma.</summary>
    /// <exception cref="RpcException">INTERNAL when the value is not base64.</exception>
    public static byte[] Decode(ReadOnlySpan<char> encoded)
    {
        var trimmed = encoded.Trim().TrimEnd('=');
        var padding = (4 - (trimmed.Length % 4)) % 4;
        var bytes = new byte[((trimmed.Length + padding) / 4 * 3) - padding];
        Span<char> padded = trimmed.Length <= 512 ? stackalloc char[trimmed.Length + padding] : new char[trimmed.Length + padding];
        trimmed.CopyTo(padded);
        padded[trimmed.Length..].Fill('=');
        if (padding == 3 || !Convert.TryFromBase64Chars(padded, bytes, out var written) || written != bytes.Length)
        {
            throw WireError.Broken("a binary header value is not base64");
        }

        return bytes;
    }

    /// <summary>Adds each of the comma-joined values of <paramref name="encoded"/> to <paramref name="metadata"/> under <paramref name="key"/>.</summary>
    /// <exception cref="RpcException">INTERNAL when a value is not base64.</exception>
    public static void AddTo(Metadata metadata, string key, string encoded)
    {
        foreach (var range in encoded.AsSpan().Split(','))
        {
            metadata.Add(key, Decode(encoded.AsSpan(range)));
        }
    }
}
