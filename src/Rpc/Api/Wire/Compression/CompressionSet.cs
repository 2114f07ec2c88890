using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Compression;

namespace BuildFarm.Rpc.Wire;

/// <summary>The encodings that one side knows, by name.</summary>
public sealed class CompressionSet
{
    private readonly ICompressionProvider[] _providers;

    /// <summary>Knows <paramref name="providers"/> and <c>identity</c>.</summary>
    public CompressionSet(IEnumerable<ICompressionProvider> providers)
    {
        _providers = [.. providers];
        AcceptEncoding = string.Join(',', _providers.Select(p => p.EncodingName).Prepend(ProtocolNames.IdentityEncoding));
    }

    /// <summary>gzip at its fastest level, and identity.</summary>
    public static CompressionSet Default { get; } = new([new GzipCompressionProvider(CompressionLevel.Fastest)]);

    /// <summary>The value of <c>grpc-accept-encoding</c>.</summary>
    public string AcceptEncoding { get; }

    /// <summary>The provider of <paramref name="encoding"/>; null for identity and for no encoding at all.</summary>
    /// <exception cref="RpcException">UNIMPLEMENTED, with the list of what is accepted, for an encoding that is not known.</exception>
    public ICompressionProvider? Find(string? encoding)
    {
        if (string.IsNullOrEmpty(encoding) || encoding == ProtocolNames.IdentityEncoding)
        {
            return null;
        }

        return TryGet(encoding, out var provider) ? provider : throw WireError.UnknownEncoding(encoding, AcceptEncoding);
    }

    /// <summary>Looks a provider up by name; false for identity and for unknown names.</summary>
    public bool TryGet(string? encoding, [NotNullWhen(true)] out ICompressionProvider? provider)
    {
        provider = Array.Find(_providers, p => p.EncodingName == encoding);
        return provider is not null;
    }

    /// <summary>Whether a peer that sent <paramref name="acceptEncoding"/> can read <paramref name="encoding"/>.</summary>
    public static bool Accepts(string? acceptEncoding, string encoding)
    {
        foreach (var range in acceptEncoding.AsSpan().Split(','))
        {
            if (acceptEncoding.AsSpan(range).Trim().Equals(encoding, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
