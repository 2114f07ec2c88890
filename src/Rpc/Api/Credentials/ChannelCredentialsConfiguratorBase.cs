namespace Grpc.Core;

/// <summary>How a channel learns what channel credentials are.</summary>
public abstract class ChannelCredentialsConfiguratorBase
{
    /// <summary>They are plain text.</summary>
    public abstract void SetInsecureCredentials(object state);

    /// <summary>They are TLS, with these roots (PEM), this client certificate and this check; null for the defaults.</summary>
    public abstract void SetSslCredentials(
        object state, string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback);

    /// <summary>They are channel credentials with call credentials for every call.</summary>
    public abstract void SetCompositeCredentials(object state, ChannelCredentials channelCredentials, CallCredentials callCredentials);
}
