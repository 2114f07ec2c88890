using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using BuildFarm.Rpc.Tests.Support;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using Xunit;

namespace BuildFarm.Rpc.Tests.Client;

public sealed class ConnectionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("buildfarm-rpc-").FullName;

    private readonly Socket _closed = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public void Dispose()
    {
        _closed.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Unary_NobodyListens_IsUnavailableInOneLine()
    {
        using var channel = GrpcChannel.ForAddress(ClosedAddress());
        var error = await Guard.FailureOf(new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()).ResponseAsync);
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Equal($"cannot reach {channel.Target} : connection refused", error.Status.Detail.Replace("http://", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Unary_NoSuchSocket_IsUnavailableAndNamesIt()
    {
        var path = Path.Combine(_folder, "none.sock");
        using var channel = GrpcChannel.ForAddress($"unix://{path}");
        var error = await Guard.FailureOf(new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()).ResponseAsync);
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.StartsWith($"cannot reach unix://{path} : ", error.Status.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Status.Detail);
    }

    [Fact]
    public async Task Unary_UnixSocket_Answers()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.ReplyAsync(new Empty()), Path.Combine(_folder, "a b.sock"));
        using var channel = server.Connect();
        await new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()).ResponseAsync.Within();
    }

    [Fact]
    public async Task WaitForReady_ServerStartsLater_Answers()
    {
        var path = Path.Combine(_folder, "late.sock");
        using var refused = new SemaphoreSlim(0);
        using var channel = GrpcChannel.ForAddress($"unix://{path}", new GrpcChannelOptions
        {
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(5),
            MaxReconnectBackoff = TimeSpan.FromMilliseconds(20),
            Randomness = () =>
            {
                refused.Release();
                return 0.5;
            },
        });
        var call = new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty(), new CallOptions().WithWaitForReady());
        Assert.True(await refused.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.True(await refused.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.False(call.ResponseAsync.IsCompleted);
        await using var server = await ScriptedServer.StartAsync(context => context.ReplyAsync(new Empty()), path);
        await call.ResponseAsync.Within();
    }

    [Fact]
    public async Task WaitForReady_NobodyComes_EndsAtTheDeadline()
    {
        using var channel = GrpcChannel.ForAddress(ClosedAddress(), new GrpcChannelOptions { InitialReconnectBackoff = TimeSpan.FromMilliseconds(5) });
        var options = new CallOptions(deadline: DateTime.UtcNow.AddMilliseconds(300)).WithWaitForReady();
        var call = new TestService.TestServiceClient(channel).FullDuplexCall(options);
        var write = call.RequestStream.WriteAsync(new StreamingOutputCallRequest());
        Assert.Equal(StatusCode.DeadlineExceeded, (await Guard.FailureOf(call.ResponseStream.MoveNext(default))).StatusCode);
        Assert.Equal(StatusCode.DeadlineExceeded, (await Guard.FailureOf(write)).StatusCode);
    }

    [Fact]
    public async Task WaitForReady_DuplexWrittenBeforeTheServerStarts_ArrivesWhole()
    {
        var path = Path.Combine(_folder, "duplex.sock");
        using var channel = GrpcChannel.ForAddress($"unix://{path}", new GrpcChannelOptions { InitialReconnectBackoff = TimeSpan.FromMilliseconds(5), MaxReconnectBackoff = TimeSpan.FromMilliseconds(20) });
        var call = new TestService.TestServiceClient(channel).StreamingInputCall(new CallOptions().WithWaitForReady());
        var write = call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = new Payload { Body = Google.Protobuf.ByteString.CopyFromUtf8("abc") } });
        await using var server = await ScriptedServer.StartAsync(
            async context =>
            {
                var messages = context.Messages();
                var size = 0;
                while (await messages.ReadAsync(StreamingInputCallRequest.Parser) is { } message)
                {
                    size += message.Payload.Body.Length;
                }

                await context.ReplyAsync(new StreamingInputCallResponse { AggregatedPayloadSize = size });
            },
            path);
        await write.Within();
        await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = new Payload { Body = Google.Protobuf.ByteString.CopyFromUtf8("de") } }).Within();
        await call.RequestStream.CompleteAsync();
        Assert.Equal(5, (await call.ResponseAsync.Within()).AggregatedPayloadSize);
    }

    [Fact]
    public async Task Channel_ServerRestarts_ConnectsAnew()
    {
        var first = await ScriptedServer.StartAsync(context => context.ReplyAsync(new Empty()));
        using var channel = first.Connect();
        var client = new TestService.TestServiceClient(channel);
        await client.EmptyCallAsync(new Empty()).ResponseAsync.Within();
        await first.DisposeAsync();
        await using var second = await ScriptedServer.StartAsync(context => context.ReplyAsync(new Empty()), port: first.Address.Port);
        try
        {
            await client.EmptyCallAsync(new Empty(), new CallOptions().WithWaitForReady()).ResponseAsync.Within();
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
        {
            // It went out on the old connection before the end of that was seen, so nobody knows whether it was served.
            await client.EmptyCallAsync(new Empty(), new CallOptions().WithWaitForReady()).ResponseAsync.Within();
        }
    }

    [Fact]
    public async Task Stream_ServerDies_IsUnavailable()
    {
        var server = await ScriptedServer.StartAsync(async context =>
        {
            await context.SendAsync(new StreamingOutputCallResponse());
            await context.UntilAbortedAsync();
        });
        using var channel = server.Connect();
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(new StreamingOutputCallRequest());
        Assert.True(await call.ResponseStream.MoveNext(default).Within());
        var read = call.ResponseStream.MoveNext(default);
        await server.DisposeAsync();
        Assert.Contains((await Guard.FailureOf(read)).StatusCode, (StatusCode[])[StatusCode.Unavailable, StatusCode.Internal, StatusCode.Cancelled]);
    }

    [Fact]
    public async Task Tls_OwnRoot_IsTrusted()
    {
        using var certificate = TestCertificate.SelfSigned();
        await using var server = await ScriptedServer.StartAsync(context => context.ReplyAsync(new Empty()), certificate: certificate);
        using var byPolicy = server.Connect(options => options.SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { certificate }, RevocationMode = X509RevocationMode.NoCheck },
        });
        await new TestService.TestServiceClient(byPolicy).EmptyCallAsync(new Empty()).ResponseAsync.Within();
        using var byCredentials = server.Connect(options => options.Credentials = new SslCredentials(certificate.ExportCertificatePem()));
        await new TestService.TestServiceClient(byCredentials).EmptyCallAsync(new Empty()).ResponseAsync.Within();
    }

    [Fact]
    public async Task Tls_UnknownRoot_IsUnavailable()
    {
        using var certificate = TestCertificate.SelfSigned();
        await using var server = await ScriptedServer.StartAsync(context => context.ReplyAsync(new Empty()), certificate: certificate);
        using var channel = server.Connect();
        var error = await Guard.FailureOf(new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()).ResponseAsync);
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains("TLS handshake failed", error.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp://localhost")]
    [InlineData("localhost:1234")]
    [InlineData("")]
    public void ForAddress_OtherScheme_IsRefused(string address) => Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress(address));

    [Fact]
    public void ForAddress_CredentialsThatDoNotFit_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { Credentials = ChannelCredentials.SecureSsl }));
        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress("https://localhost", new GrpcChannelOptions { Credentials = ChannelCredentials.Insecure }));
    }

    /// <summary>An address that is taken for as long as this test runs, and at which nobody listens.</summary>
    private string ClosedAddress()
    {
        _closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return $"http://127.0.0.1:{((IPEndPoint)_closed.LocalEndPoint!).Port}";
    }
}
