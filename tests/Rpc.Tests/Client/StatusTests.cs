using System.Text;
using BuildFarm.Rpc.Wire;
using Grpc.Core;
using Grpc.Testing;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace BuildFarm.Rpc.Tests.Client;

public sealed class StatusTests
{
    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(500, StatusCode.Unknown)]
    [InlineData(502, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(504, StatusCode.Unavailable)]
    public async Task Unary_HttpErrorWithoutStatus_IsMapped(int http, StatusCode expected)
    {
        await using var server = await ScriptedServer.StartAsync(context =>
        {
            context.Response.StatusCode = http;
            return Task.CompletedTask;
        });
        Assert.Equal(expected, (await FailAsync(server)).StatusCode);
    }

    [Theory]
    [InlineData(0x0, StatusCode.Internal)]
    [InlineData(0x1, StatusCode.Internal)]
    [InlineData(0x2, StatusCode.Internal)]
    [InlineData(0x8, StatusCode.Cancelled)]
    [InlineData(0xb, StatusCode.ResourceExhausted)]
    [InlineData(0xc, StatusCode.PermissionDenied)]
    public async Task Unary_StreamReset_IsMapped(int errorCode, StatusCode expected)
    {
        await using var server = await ScriptedServer.StartAsync(context =>
        {
            context.Reset(errorCode);
            return Task.CompletedTask;
        });
        var error = await FailAsync(server);
        Assert.Equal(expected, error.StatusCode);
        Assert.Contains(StatusMapping.Http2ErrorName(errorCode), error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unary_TrailersOnly_GivesStatusMessageAndDetails()
    {
        await using var server = await ScriptedServer.StartAsync(context =>
        {
            context.Response.Headers[ProtocolNames.StatusDetailsTrailer] = BinaryHeader.Encode("details"u8);
            return context.EndAsync(StatusCode.FailedPrecondition, "größer\n");
        });
        var error = await FailAsync(server);
        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Equal("größer\n", error.Status.Detail);
        Assert.Equal("details", Encoding.UTF8.GetString(error.Trailers.GetValueBytes(ProtocolNames.StatusDetailsTrailer)!));
    }

    [Fact]
    public async Task Unary_NoStatusAtAll_IsUnknown()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.SendAsync(new Empty()));
        Assert.Equal(StatusCode.Unknown, (await FailAsync(server)).StatusCode);
    }

    [Fact]
    public async Task Unary_ForeignContentType_IsUnknownAndNamesIt()
    {
        await using var server = await ScriptedServer.StartAsync(context =>
        {
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync("<h1>hello</h1>");
        });
        var error = await FailAsync(server);
        Assert.Equal(StatusCode.Unknown, error.StatusCode);
        Assert.Contains("text/html", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unary_OkWithoutMessage_IsInternal()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.EndAsync());
        Assert.Equal(StatusCode.Internal, (await FailAsync(server)).StatusCode);
    }

    [Fact]
    public async Task Unary_TwoMessages_IsInternal()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            await context.SendAsync(new Empty());
            await context.SendAsync(new Empty());
            await context.EndAsync();
        });
        Assert.Equal(StatusCode.Internal, (await FailAsync(server)).StatusCode);
    }

    [Fact]
    public async Task Unary_MessageThenFailure_IsTheFailure()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            await context.SendAsync(new Empty());
            await context.EndAsync(StatusCode.DataLoss, "late");
        });
        Assert.Equal(StatusCode.DataLoss, (await FailAsync(server)).StatusCode);
    }

    [Fact]
    public async Task Unary_UnknownEncoding_IsInternalAndNamesIt()
    {
        await using var server = await ScriptedServer.StartAsync(context =>
        {
            context.Response.Headers[ProtocolNames.MessageEncodingHeader] = "snappy";
            return context.ReplyAsync(new Empty());
        });
        var error = await FailAsync(server);
        Assert.Equal(StatusCode.Internal, error.StatusCode);
        Assert.Contains("snappy", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServerStreaming_FailureAfterMessages_ComesAfterThem()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            await context.SendAsync(new StreamingOutputCallResponse());
            await context.EndAsync(StatusCode.Aborted, "halfway");
        });
        using var channel = server.Connect();
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(new StreamingOutputCallRequest());
        Assert.True(await call.ResponseStream.MoveNext(default).Within());
        var error = await Guard.FailureOf(call.ResponseStream.MoveNext(default));
        Assert.Equal((StatusCode.Aborted, "halfway"), (error.StatusCode, error.Status.Detail));
        Assert.Equal(StatusCode.Aborted, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task GetStatus_BeforeTheEnd_SaysSo()
    {
        await using var server = await ScriptedServer.StartAsync(ScriptMoves.UntilAbortedAsync);
        using var channel = server.Connect();
        using var call = new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty());
        Assert.Throws<InvalidOperationException>(() => call.GetStatus());
        Assert.Throws<InvalidOperationException>(() => call.GetTrailers());
    }

    [Theory]
    [InlineData(5_000_000, null, StatusCode.ResourceExhausted)]
    [InlineData(100, 99, StatusCode.ResourceExhausted)]
    [InlineData(5_000_000, 6_000_000, StatusCode.OK)]
    public async Task Unary_ReceivedSize_IsLimited(int size, int? limit, StatusCode expected)
    {
        await using var server = await ScriptedServer.StartAsync(context =>
            context.ReplyAsync(new SimpleResponse { Payload = new Payload { Body = Google.Protobuf.ByteString.CopyFrom(new byte[size]) } }));
        using var channel = server.Connect(options => options.MaxReceiveMessageSize = limit ?? options.MaxReceiveMessageSize);
        using var call = new TestService.TestServiceClient(channel).UnaryCallAsync(new SimpleRequest());
        if (expected != StatusCode.OK)
        {
            await Guard.FailureOf(call.ResponseAsync);
        }

        await call.ResponseAsync.ContinueWith(static _ => { }, TaskScheduler.Default).Within();
        Assert.Equal(expected, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Unary_SentSizeOverLimit_FailsBeforeItIsSent()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.ReplyAsync(new SimpleResponse()));
        using var channel = server.Connect(options => options.MaxSendMessageSize = 1000);
        var request = new SimpleRequest { Payload = new Payload { Body = Google.Protobuf.ByteString.CopyFrom(new byte[1000]) } };
        var error = await Guard.FailureOf(new TestService.TestServiceClient(channel).UnaryCallAsync(request).ResponseAsync);
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        Assert.Empty(server.Requests);
    }

    private static async Task<RpcException> FailAsync(ScriptedServer server)
    {
        using var channel = server.Connect();
        return await Guard.FailureOf(new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()).ResponseAsync);
    }
}
