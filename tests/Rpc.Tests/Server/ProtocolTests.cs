using System.IO.Compression;
using System.Net;
using BuildFarm.Rpc.Tests.Server.Support;
using BuildFarm.TestKit.Rpc;
using Grpc.Core;
using Grpc.Testing;
using Xunit;

namespace BuildFarm.Rpc.Tests.Server;

/// <summary>Requests that break the protocol, and what is answered (grpc/doc/PROTOCOL-HTTP2.md): INTERNAL only where the protocol asks for it, because nothing is wrong with the server.</summary>
public sealed class ProtocolTests
{
    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/grpc-web")]
    [InlineData(null)]
    public async Task Call_OtherContentType_Is415(string? contentType)
    {
        await using var server = await TestServers.StartAsync(new DelegatingTestService());

        var response = await new RawCall { ContentType = contentType }.SendAsync(server, TestServers.Unary);

        Assert.Equal(415, response.HttpStatus);
        Assert.Equal(StatusCode.InvalidArgument, response.Status);
    }

    [Fact]
    public async Task Call_ContentTypeWithFormat_IsTaken()
    {
        await using var server = await TestServers.StartAsync(new DelegatingTestService());

        var response = await new RawCall { ContentType = "application/grpc+proto" }.SendAsync(server, TestServers.Unary);

        Assert.Equal(StatusCode.OK, response.Status);
        Assert.Equal(RawCall.Frame(new SimpleResponse()), response.Body);
        Assert.False(response.IsTrailersOnly);
    }

    [Fact]
    public async Task Call_NotPost_Is405()
    {
        await using var server = await TestServers.StartAsync(new DelegatingTestService());

        var response = await new RawCall { Verb = HttpMethod.Get }.SendAsync(server, TestServers.Unary);

        Assert.Equal(405, response.HttpStatus);
    }

    [Fact]
    public async Task Call_OverHttp1_Is426()
    {
        await using var server = await TestServers.StartAsync(new DelegatingTestService(), transport: TestTransport.Http1);

        var response = await new RawCall { Version = HttpVersion.Version11 }.SendAsync(server, TestServers.Unary);

        Assert.Equal(426, response.HttpStatus);
        Assert.Equal("HTTP/2", response.Headers["upgrade"]);
    }

    [Theory]
    [InlineData("/grpc.testing.TestService/Nothing", "Method is unimplemented.")]
    [InlineData("/no.such.Service/Method", "Service is unimplemented.")]
    public async Task Call_UnknownPath_IsUnimplemented(string path, string message)
    {
        await using var server = await TestServers.StartAsync(new DelegatingTestService());

        var response = await new RawCall().SendAsync(server, path);

        Assert.Equal((200, StatusCode.Unimplemented, message), (response.HttpStatus, response.Status, response.Message));
        Assert.True(response.IsTrailersOnly);
    }

    [Fact]
    public async Task Call_UnknownPathLeftToApplication_Is404()
    {
        await using var server = await TestServers.StartAsync(new DelegatingTestService(), options => options.IgnoreUnknownServices = true);

        Assert.Equal(404, (await new RawCall().SendAsync(server, "/no.such.Service/Method")).HttpStatus);
    }

    [Fact]
    public async Task Call_UnknownEncoding_IsUnimplementedWithList()
    {
        await using var server = await TestServers.StartAsync(new DelegatingTestService());

        var response = await new RawCall { Headers = { ["grpc-encoding"] = "snappy" } }.SendAsync(server, TestServers.Unary);

        Assert.Equal(StatusCode.Unimplemented, response.Status);
        Assert.Equal("identity,gzip", response.Headers["grpc-accept-encoding"]);
    }

    [Fact]
    public async Task Call_CompressedFlagWithoutEncoding_IsInternal()
    {
        await using var server = await TestServers.StartAsync(new DelegatingTestService());

        var response = await new RawCall { Body = RawCall.Frame([1, 2, 3], flag: 1) }.SendAsync(server, TestServers.Unary);

        Assert.Equal(StatusCode.Internal, response.Status);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Call_BrokenFlagOrGzip_IsInvalid(byte flag)
    {
        await using var server = await TestServers.StartAsync(new DelegatingTestService());

        var response = await new RawCall { Headers = { ["grpc-encoding"] = "gzip" }, Body = RawCall.Frame([1, 2, 3], flag) }.SendAsync(server, TestServers.Unary);

        Assert.Equal(StatusCode.InvalidArgument, response.Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("x")]
    [InlineData("-1S")]
    [InlineData("123456789S")]
    public async Task Call_MalformedTimeout_IsInvalid(string timeout)
    {
        await using var server = await TestServers.StartAsync(new DelegatingTestService());

        var response = await new RawCall { Headers = { ["grpc-timeout"] = timeout } }.SendAsync(server, TestServers.Unary);

        Assert.Equal(StatusCode.InvalidArgument, response.Status);
    }

    [Fact]
    public async Task UnaryCall_NoneOrTwoOrHalfAMessage_IsInvalid()
    {
        await using var server = await TestServers.StartAsync(new DelegatingTestService());
        byte[][] bodies = [[], [.. RawCall.Frame([]), .. RawCall.Frame([])], RawCall.Frame([1, 2, 3])[..6], [0, 0]];

        foreach (var body in bodies)
        {
            Assert.Equal(StatusCode.InvalidArgument, (await new RawCall { Body = body }.SendAsync(server, TestServers.Unary)).Status);
        }
    }

    [Fact]
    public async Task UnaryCall_BytesThatAreNoMessage_IsInvalid()
    {
        await using var server = await TestServers.StartAsync(new DelegatingTestService());

        var response = await new RawCall { Body = RawCall.Frame([0xff, 0xff, 0xff]) }.SendAsync(server, TestServers.Unary);

        Assert.Equal(StatusCode.InvalidArgument, response.Status);
    }

    [Fact]
    public async Task Call_MessageOverLimit_IsRefusedBeforeItArrives()
    {
        await using var server = await TestServers.StartAsync(new DelegatingTestService(), options => options.MaxReceiveMessageSize = 1000);

        var response = await new RawCall { Body = [0, 0x7f, 0xff, 0xff, 0xff], Endless = true }.SendAsync(server, TestServers.Unary);

        Assert.Equal(StatusCode.ResourceExhausted, response.Status);
    }

    [Fact]
    public async Task Call_SmallMessageThatUnfoldsPastLimit_IsResourceExhausted()
    {
        await using var server = await TestServers.StartAsync(new DelegatingTestService(), options => options.MaxReceiveMessageSize = 1_000_000);
        using var bomb = new MemoryStream();
        await using (var gzip = new GZipStream(bomb, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            await gzip.WriteAsync(new byte[100_000_000]);
        }

        Assert.True(bomb.Length < 1_000_000);
        var response = await new RawCall { Headers = { ["grpc-encoding"] = "gzip" }, Body = RawCall.Frame(bomb.ToArray(), flag: 1) }.SendAsync(server, TestServers.Unary);

        Assert.Equal(StatusCode.ResourceExhausted, response.Status);
    }

    [Fact]
    public async Task Call_ResponseOverLimit_IsResourceExhaustedAndNothingIsSent()
    {
        var service = new DelegatingTestService { Unary = (_, _) => Task.FromResult(new SimpleResponse { Payload = TestServers.Zeros(2000) }) };
        await using var server = await TestServers.StartAsync(service, options => options.MaxSendMessageSize = 1000);

        var response = await new RawCall().SendAsync(server, TestServers.Unary);

        Assert.Equal(StatusCode.ResourceExhausted, response.Status);
        Assert.Empty(response.Body);
    }

    [Fact]
    public async Task Call_FailsBeforeMessages_IsTrailersOnlyWithEncodedMessage()
    {
        var service = new DelegatingTestService { Unary = (_, _) => throw new RpcException(new Status(StatusCode.NotFound, "no 100% ☺\n")) };
        await using var server = await TestServers.StartAsync(service);

        var response = await new RawCall().SendAsync(server, TestServers.Unary);

        Assert.True(response.IsTrailersOnly);
        Assert.Equal((StatusCode.NotFound, "no 100%25 %E2%98%BA%0A"), (response.Status, response.Message));
        Assert.Empty(response.Trailers);
    }

    [Fact]
    public async Task Call_FailsAfterMessages_SendsStatusInTrailers()
    {
        var service = new DelegatingTestService
        {
            Output = async (_, responses, _) =>
            {
                await responses.WriteAsync(new StreamingOutputCallResponse());
                throw new RpcException(new Status(StatusCode.DataLoss, "late"));
            },
        };
        await using var server = await TestServers.StartAsync(service);

        var response = await new RawCall().SendAsync(server, TestServers.Output);

        Assert.False(response.IsTrailersOnly);
        Assert.Equal((StatusCode.DataLoss, "late"), (response.Status, response.Message));
        Assert.Equal(RawCall.Frame([]), response.Body);
    }

    [Fact]
    public async Task Call_ReservedNamesInMetadata_DoNotTouchTheProtocol()
    {
        var service = new DelegatingTestService
        {
            Unary = async (_, context) =>
            {
                await context.WriteResponseHeadersAsync(new Metadata { { "grpc-status", "5" }, { "content-type", "text/plain" }, { "mine", "1" } });
                context.ResponseTrailers.Add("grpc-status", "5");
                context.ResponseTrailers.Add("mine-bin", [1, 2, 3]);
                return new SimpleResponse();
            },
        };
        await using var server = await TestServers.StartAsync(service);

        var response = await new RawCall().SendAsync(server, TestServers.Unary);

        Assert.Equal(StatusCode.OK, response.Status);
        Assert.Equal("1", response.Headers["mine"]);
        Assert.Equal("AQID", response.Trailers["mine-bin"]);
    }

    [Fact]
    public async Task Call_EndlessUploadToHandlerThatFails_GetsStatus()
    {
        var service = new DelegatingTestService { Input = (_, _) => throw new RpcException(new Status(StatusCode.PermissionDenied, "no")) };
        await using var server = await TestServers.StartAsync(service);

        var response = await new RawCall { Endless = true }.SendAsync(server, TestServers.Input);

        Assert.Equal(StatusCode.PermissionDenied, response.Status);
    }
}
