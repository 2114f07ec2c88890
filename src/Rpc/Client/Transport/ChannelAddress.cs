namespace Grpc.Net.Client.Transport;

/// <summary>Where a channel leads: http (HTTP/2 without TLS), https, or unix:///path.</summary>
internal sealed record ChannelAddress(Uri Address, Uri BaseUri, string? SocketPath)
{
    public bool IsTls => BaseUri.Scheme == Uri.UriSchemeHttps;

    /// <summary>Whether credentials that travel there can be seen by nobody else: TLS, or a socket of this machine.</summary>
    public bool IsPrivate => IsTls || SocketPath is not null;

    public static ChannelAddress Parse(Uri address)
    {
        if (!address.IsAbsoluteUri)
        {
            throw new ArgumentException($"The address '{address}' needs a scheme: http://, https:// or unix:///.", nameof(address));
        }

        return address.Scheme switch
        {
            "http" or "https" => new ChannelAddress(address, new Uri(address.GetLeftPart(UriPartial.Authority)), null),
            "unix" => new ChannelAddress(address, new Uri("http://localhost"), Uri.UnescapeDataString(address.AbsolutePath)),
            _ => throw new ArgumentException($"The address '{address}' has the scheme '{address.Scheme}'; use http, https or unix.", nameof(address)),
        };
    }

    public override string ToString() => SocketPath is null ? BaseUri.GetLeftPart(UriPartial.Authority) : $"unix://{SocketPath}";
}
