using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Amazon.Runtime;
using BuildFarm.BlobStore.S3;
using BuildFarm.BlobStore.Tests.Conformance;
using BuildFarm.TestKit;
using BuildFarm.TestKit.S3;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BuildFarm.BlobStore.Tests.S3;

/// <summary>Over TLS, and with the bucket in the host's name, as AWS itself is reached.</summary>
public sealed class S3TlsTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly X509Certificate2 _certificate = MakeCertificate();
    private S3Fake _fake = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _fake = await S3Fake.StartAsync(_certificate);
        await File.WriteAllTextAsync(_folder.File("credentials"), $"[default]\naws_access_key_id = {S3Fake.AccessKey}\naws_secret_access_key = {S3Fake.Secret}\n", Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _fake.DisposeAsync();
        _certificate.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WriteAndRead_OverTls_LeavesTheBodyUnsignedAndChecked(bool checksums)
    {
        using var bucket = S3Bucket.Open(Options(checksums), new ToTheFake(new Uri(_fake.Endpoint).Port, _certificate.GetCertHashString()));
        var store = new S3BlobStore(bucket, TimeProvider.System, NullLogger<S3BlobStore>.Instance);
        var (small, large) = (TestContent.Of(1000, seed: 1), TestContent.Of(11 << 20, seed: 2));

        var digests = new[] { await store.PutBytesAsync(small, Token), await store.PutBytesAsync(large, Token) };

        Assert.Equal(small, await store.ReadAllBytesAsync(digests[0], cancellationToken: Token));
        Assert.Equal(large, await store.ReadAllBytesAsync(digests[1], cancellationToken: Token));
        Assert.All(_fake.Taken.Where(taken => taken.Operation is "PUT object" or "PUT part"), taken => Assert.Contains("UNSIGNED-PAYLOAD", taken.Payload, StringComparison.Ordinal));
        Assert.Empty(_fake.Refused);
    }

    [Fact]
    public async Task CertificateThatNobodyTrusts_IsRefused()
    {
        using var bucket = S3Bucket.Open(Options(checksums: true) with { Retries = 0 }, new ToTheFake(new Uri(_fake.Endpoint).Port, trusted: ""));
        var store = new S3BlobStore(bucket, TimeProvider.System, NullLogger<S3BlobStore>.Instance);

        var failure = await Assert.ThrowsAsync<BlobStoreUnavailableException>(async () => await store.PutBytesAsync(new byte[10], Token));

        Assert.Contains("certificate", failure.Message, StringComparison.Ordinal);
    }

    private S3Options Options(bool checksums) => new()
    {
        Bucket = S3Fake.Bucket,
        Region = S3Fake.Region,
        Endpoint = "https://s3.example.test",
        CredentialsFile = _folder.File("credentials"),
        PartBytes = 5 << 20,
        Checksums = checksums,
    };

    private static X509Certificate2 MakeCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=s3.example.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    // Whatever the name is, the connection goes to the tests' S3.
    private sealed class ToTheFake(int port, string trusted) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(
            new SocketsHttpHandler
            {
                ConnectCallback = async (_, token) =>
                {
                    var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                    await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), token);
                    return new NetworkStream(socket, ownsSocket: true);
                },
                SslOptions = new SslClientAuthenticationOptions
                {
                    RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.GetCertHashString() == trusted,
                },
            },
            disposeHandler: true);
    }
}
