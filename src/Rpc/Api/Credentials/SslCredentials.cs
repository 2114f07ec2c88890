namespace Grpc.Core;

/// <summary>TLS, with the machine's roots or given ones.</summary>
public sealed class SslCredentials : ChannelCredentials
{
    /// <summary>TLS with the machine's roots.</summary>
    public SslCredentials()
        : this(null, null, null)
    {
    }

    /// <summary>TLS with the given roots, in PEM.</summary>
    public SslCredentials(string rootCertificates)
        : this(rootCertificates, null, null)
    {
    }

    /// <summary>TLS with the given roots and a client certificate, in PEM.</summary>
    public SslCredentials(string rootCertificates, KeyCertificatePair keyCertificatePair)
        : this(rootCertificates, keyCertificatePair, null)
    {
    }

    /// <summary>TLS with the given roots, client certificate and check; null for the defaults.</summary>
    public SslCredentials(string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback)
    {
        RootCertificates = rootCertificates;
        KeyCertificatePair = keyCertificatePair;
        VerifyPeerCallback = verifyPeerCallback;
    }

    /// <summary>The roots in PEM; null for the machine's.</summary>
    public string? RootCertificates { get; }

    /// <summary>The client certificate; null for none.</summary>
    public KeyCertificatePair? KeyCertificatePair { get; }

    internal VerifyPeerCallback? VerifyPeerCallback { get; }

    internal override bool IsComposable => true;

    /// <inheritdoc />
    public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object state)
    {
        ArgumentNullException.ThrowIfNull(configurator);
        configurator.SetSslCredentials(state, RootCertificates, KeyCertificatePair, VerifyPeerCallback);
    }
}
