using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;

namespace Grpc.Net.Client.Credentials;

/// <summary>What a channel's credentials ask for: TLS or not, its settings, and credentials for every call.</summary>
internal sealed class ChannelCredentialsReader : ChannelCredentialsConfiguratorBase
{
    public bool? IsTls { get; private set; }

    public SslClientAuthenticationOptions? SslOptions { get; private set; }

    public CallCredentials? CallCredentials { get; private set; }

    public override void SetInsecureCredentials(object state) => IsTls = false;

    public override void SetSslCredentials(
        object state, string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback)
    {
        IsTls = true;
        if (rootCertificates is null && keyCertificatePair is null && verifyPeerCallback is null)
        {
            return;
        }

        SslOptions = new SslClientAuthenticationOptions();
        if (rootCertificates is not null)
        {
            SslOptions.CertificateChainPolicy = new X509ChainPolicy
            {
                RevocationMode = X509RevocationMode.NoCheck,
                TrustMode = X509ChainTrustMode.CustomRootTrust,
            };
            SslOptions.CertificateChainPolicy.CustomTrustStore.ImportFromPem(rootCertificates);
        }

        if (keyCertificatePair is not null)
        {
            SslOptions.ClientCertificates = [X509Certificate2.CreateFromPem(keyCertificatePair.CertificateChain, keyCertificatePair.PrivateKey)];
        }

        if (verifyPeerCallback is not null)
        {
            SslOptions.RemoteCertificateValidationCallback = (sender, certificate, _, errors) =>
                errors == SslPolicyErrors.None && certificate is X509Certificate2 peer
                && verifyPeerCallback(new VerifyPeerContext((sender as SslStream)?.TargetHostName ?? "", peer.ExportCertificatePem()));
        }
    }

    public override void SetCompositeCredentials(object state, ChannelCredentials channelCredentials, CallCredentials callCredentials)
    {
        channelCredentials.InternalPopulateConfiguration(this, state);
        CallCredentials = CallCredentials is null ? callCredentials : CallCredentials.Compose(CallCredentials, callCredentials);
    }
}
