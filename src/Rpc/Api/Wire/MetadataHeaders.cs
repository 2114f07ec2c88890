using Grpc.Core;

namespace BuildFarm.Rpc.Wire;

/// <summary>Metadata as HTTP headers and back. Names that belong to the protocol neither go out nor come in as metadata.</summary>
public static class MetadataHeaders
{
    /// <summary>Whether <paramref name="name"/> is the protocol's own, so that applications may not set it.</summary>
    public static bool IsReserved(string name) => name.Length == 0 || name[0] == ':' || name switch
    {
        "te" or "content-type" or "content-length" or "connection" or "keep-alive" or "transfer-encoding" or "upgrade" or "host" => true,
        ProtocolNames.TimeoutHeader or ProtocolNames.MessageEncodingHeader or ProtocolNames.MessageAcceptEncodingHeader => true,
        ProtocolNames.StatusTrailer or ProtocolNames.MessageTrailer or "grpc-message-type" => true,
        _ => false,
    };

    /// <summary>Whether values of <paramref name="name"/> are bytes.</summary>
    public static bool IsBinary(string name) => name.EndsWith(ProtocolNames.BinarySuffix, StringComparison.Ordinal);

    /// <summary>The header value of one entry.</summary>
    public static string ToHeaderValue(Metadata.Entry entry) => entry.IsBinary ? BinaryHeader.Encode(entry.ValueBytes) : entry.Value;

    /// <summary>Adds one received header to <paramref name="metadata"/>; the protocol's own are left out. The name may be in any case.</summary>
    /// <exception cref="RpcException">INTERNAL when a binary value is not base64.</exception>
    public static void AddReceived(Metadata metadata, string name, string value)
    {
        var key = name.ToLowerInvariant();
        if (IsReserved(key) || !IsValidKey(key))
        {
            return;
        }

        if (IsBinary(key))
        {
            BinaryHeader.AddTo(metadata, key, value);
        }
        else
        {
            metadata.Add(key, value);
        }
    }

    private static bool IsValidKey(string key)
    {
        foreach (var c in key)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('-' or '_' or '.'))
            {
                return false;
            }
        }

        return true;
    }
}
