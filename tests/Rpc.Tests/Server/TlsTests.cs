using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using BuildFarm.Rpc.Tests.Interop;
using BuildFarm.Rpc.Tests.Support;
using BuildFarm.TestKit;
using BuildFarm.TestKit.Rpc;
using Grpc.Core;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Xunit;

namespace BuildFarm.Rpc.Tests.Server;

/// <summary>Our server behind TLS, with a certificate that only the test knows.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly X509Certificate2 _certificate = TestCertificate.SelfSigned();

    public void Dispose() => _certificate.Dispose();

    [Fact]
    public async Task OwnClient_ItsValidationTrusts_AllShapesWork()
    {
        await using var server = await StartAsync();
        var client = new TestService.TestServiceClient(server.CreateChannel(options => options.SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.GetCertHashString() == _certificate.GetCertHashString(),
        }));

        var large = await client.UnaryCallAsync(new SimpleRequest { ResponseSize = 300_000, Payload = Sized(200_000) });
        Assert.Equal(300_000, large.Payload.Body.Length);
        await CallShapes.ExchangeAsync(client);
    }

    [Fact]
    public async Task OwnClient_ItsValidationRefuses_IsUnavailable()
    {
        await using var server = await StartAsync();
        var client = new TestService.TestServiceClient(server.CreateChannel(options => options.SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, _, _, _) => false,
        }));

        var error = await Assert.ThrowsAsync<RpcException>(() => client.EmptyCallAsync(new Empty()).ResponseAsync);

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains("TLS handshake failed", error.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("large_unary")]
    [InlineData("ping_pong")]
    [InlineData("status_code_and_message")]
    public async Task PythonGrpcioClient_OurCertificateAsRoot_Passes(string testCase)
    {
        using var folder = new TempFolder();
        var roots = folder.File("roots.pem");
        await File.WriteAllTextAsync(roots, _certificate.ExportCertificatePem());
        await using var server = await StartAsync();
        var start = await InteropPeer.PythonAsync("python_client.py", server.Address["https://".Length..], testCase);
        start.Environment["INTEROP_ROOTS"] = roots;

        await InteropPeer.RunClientAsync(start);
    }

    private static Payload Sized(int size) => new() { Body = Google.Protobuf.ByteString.CopyFrom(new byte[size]) };

    private Task<RpcTestServer> StartAsync() =>
        RpcTestServer.StartAsync(app => app.MapGrpcService<TestServiceImpl>(), transport: TestTransport.Tls, certificate: _certificate);
}
