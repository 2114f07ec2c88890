using System.Globalization;
using BuildFarm.Rpc.Wire;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Grpc.Testing;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace BuildFarm.Rpc.Tests.Client;

public sealed class RetryTests
{
    private readonly InstantTimeProvider _time = new();

    [Fact]
    public async Task Unary_RetryableStatus_IsTriedAgainWithGrowingWaits()
    {
        await using var server = await ScriptedServer.StartAsync(FailFirst(3, StatusCode.Unavailable));
        using var channel = Connect(server, attempts: 4);
        await new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()).ResponseAsync.Within();
        Assert.Equal(["", "1", "2", "3"], server.Requests.Select(r => r[ProtocolNames.PreviousAttemptsHeader].ToString()));
        Assert.Equal([100, 200, 300], _time.Waits.Select(w => (int)w.TotalMilliseconds));
    }

    [Theory]
    [InlineData(0.0, 80)]
    [InlineData(0.999999, 119)]
    public async Task Unary_Randomness_MovesTheWaitByAFifth(double random, int expected)
    {
        await using var server = await ScriptedServer.StartAsync(FailFirst(1, StatusCode.Unavailable));
        using var channel = Connect(server, attempts: 2, options => options.Randomness = () => random);
        await new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()).ResponseAsync.Within();
        Assert.Equal(expected, (int)_time.Waits.Single().TotalMilliseconds);
    }

    [Fact]
    public async Task Unary_AttemptsUsedUp_FailsWithTheLastStatus()
    {
        await using var server = await ScriptedServer.StartAsync(FailFirst(10, StatusCode.Unavailable));
        using var channel = Connect(server, attempts: 3);
        var error = await Guard.FailureOf(new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()).ResponseAsync);
        Assert.Equal((StatusCode.Unavailable, "failure 3"), (error.StatusCode, error.Status.Detail));
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task Unary_OtherStatus_IsNotTriedAgain()
    {
        await using var server = await ScriptedServer.StartAsync(FailFirst(1, StatusCode.InvalidArgument));
        using var channel = Connect(server, attempts: 4);
        await Guard.FailureOf(new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()).ResponseAsync);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Unary_Pushback_SetsTheWait()
    {
        await using var server = await ScriptedServer.StartAsync(FailFirst(2, StatusCode.Unavailable, pushback: "1234"));
        using var channel = Connect(server, attempts: 4);
        await new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()).ResponseAsync.Within();
        Assert.Equal([1234, 1234], _time.Waits.Select(w => (int)w.TotalMilliseconds));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("soon")]
    public async Task Unary_PushbackThatForbids_StopsRetries(string pushback)
    {
        await using var server = await ScriptedServer.StartAsync(FailFirst(1, StatusCode.Unavailable, pushback));
        using var channel = Connect(server, attempts: 4);
        await Guard.FailureOf(new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()).ResponseAsync);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Channel_MostCallsFail_ThrottlesRetries()
    {
        await using var server = await ScriptedServer.StartAsync(FailFirst(1000, StatusCode.Unavailable));
        using var channel = Connect(server, attempts: 5, options => options.ServiceConfig!.RetryThrottling = new RetryThrottlingPolicy { MaxTokens = 10, TokenRatio = 0.1 });
        var client = new TestService.TestServiceClient(channel);
        await Guard.FailureOf(client.EmptyCallAsync(new Empty()).ResponseAsync);
        Assert.Equal(5, server.Requests.Count);
        await Guard.FailureOf(client.EmptyCallAsync(new Empty()).ResponseAsync);
        Assert.Equal(6, server.Requests.Count);
    }

    [Fact]
    public async Task Unary_RefusedStream_IsTriedAgainWithoutAPolicy()
    {
        var count = 0;
        await using var server = await ScriptedServer.StartAsync(context =>
        {
            if (Interlocked.Increment(ref count) == 1)
            {
                context.Reset(0x7);
                return Task.CompletedTask;
            }

            return context.ReplyAsync(new Empty());
        });
        using var channel = server.Connect();
        await new TestService.TestServiceClient(channel).EmptyCallAsync(new Empty()).ResponseAsync.Within();
        Assert.Equal(2, count);
        Assert.All(server.Requests, r => Assert.False(r.ContainsKey(ProtocolNames.PreviousAttemptsHeader)));
    }

    [Fact]
    public async Task ServerStreaming_FailureAfterHeaders_IsNotTriedAgain()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            await context.Response.StartAsync();
            await context.EndAsync(StatusCode.Unavailable);
        });
        using var channel = Connect(server, attempts: 4);
        using var call = new TestService.TestServiceClient(channel).StreamingOutputCall(new StreamingOutputCallRequest());
        await Guard.FailureOf(call.ResponseStream.MoveNext(default));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task ClientStreaming_FailsHalfway_SendsAllMessagesAgain()
    {
        var failing = new TaskCompletionSource();
        var count = 0;
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            var messages = context.Messages();
            if (Interlocked.Increment(ref count) == 1)
            {
                await messages.ReadAsync(StreamingInputCallRequest.Parser);
                await context.EndAsync(StatusCode.Unavailable);
                context.Reset(0);
                failing.SetResult();
                return;
            }

            var size = 0;
            while (await messages.ReadAsync(StreamingInputCallRequest.Parser) is { } message)
            {
                size = (size * 10) + message.Payload.Body.Length;
            }

            await context.ReplyAsync(new StreamingInputCallResponse { AggregatedPayloadSize = size });
        });
        using var channel = Connect(server, attempts: 4);
        using var call = new TestService.TestServiceClient(channel).StreamingInputCall();
        await call.RequestStream.WriteAsync(Input(1)).Within();
        await failing.Task.Within();
        await call.RequestStream.WriteAsync(Input(2)).Within();
        await call.RequestStream.WriteAsync(Input(3)).Within();
        await call.RequestStream.CompleteAsync();
        Assert.Equal(123, (await call.ResponseAsync.Within()).AggregatedPayloadSize);
        Assert.Equal(2, count);
    }

    [Fact]
    public async Task ClientStreaming_BufferOutgrown_IsNotTriedAgain()
    {
        await using var server = await ScriptedServer.StartAsync(FailAfter(messages: 2));
        using var channel = Connect(server, attempts: 4, options => options.MaxRetryBufferPerCallSize = 1500);
        using var call = new TestService.TestServiceClient(channel).StreamingInputCall();
        await call.RequestStream.WriteAsync(Input(1000)).Within();
        await WriteUnlessEndedAsync(call, Input(1000));
        Assert.Equal(StatusCode.Unavailable, (await Guard.FailureOf(call.ResponseAsync)).StatusCode);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task ClientStreaming_StatusOvertakesTheWriteThatOutgrowsTheBuffer_IsNotTriedAgain()
    {
        await using var server = await ScriptedServer.StartAsync(FailAfter(messages: 2));
        using var transport = new LateWritesHandler(free: 1500);
        transport.Begin.SetResult();
        using var channel = Connect(server, attempts: 4, options => (options.MaxRetryBufferPerCallSize, options.HttpHandler) = (1500, transport));
        using var call = new TestService.TestServiceClient(channel).StreamingInputCall();
        await call.RequestStream.WriteAsync(Input(1000)).Within();
        var write = call.RequestStream.WriteAsync(Input(1000));
        Assert.Equal(StatusCode.Unavailable, (await Guard.FailureOf(call.ResponseAsync)).StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await Guard.FailureOf(write)).StatusCode);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task ClientStreaming_StatusOvertakesTheFirstSendingOfTooMuch_IsNotTriedAgain()
    {
        await using var server = await ScriptedServer.StartAsync(FailAfter(messages: 1));
        using var transport = new LateWritesHandler(free: 0);
        using var channel = Connect(server, attempts: 4, options => (options.MaxRetryBufferPerCallSize, options.HttpHandler) = (500, transport));
        using var call = new TestService.TestServiceClient(channel).StreamingInputCall();
        var write = call.RequestStream.WriteAsync(Input(1000));
        transport.Begin.SetResult();
        Assert.Equal(StatusCode.Unavailable, (await Guard.FailureOf(call.ResponseAsync)).StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await Guard.FailureOf(write)).StatusCode);
        Assert.Single(server.Requests);
    }

    [Fact]
    public void ForAddress_PolicyWithoutBackoff_IsRefused()
    {
        var options = new GrpcChannelOptions { ServiceConfig = new ServiceConfig() };
        options.ServiceConfig.MethodConfigs.Add(new MethodConfig { Names = { MethodName.Default }, RetryPolicy = new RetryPolicy { MaxAttempts = 2 } });
        Assert.Throws<ArgumentException>(() => GrpcChannel.ForAddress("http://localhost", options));
    }

    /// <summary>Writes a message that the server answers with the end of the call, which may overtake the end of the write.</summary>
    private static async Task WriteUnlessEndedAsync(AsyncClientStreamingCall<StreamingInputCallRequest, StreamingInputCallResponse> call, StreamingInputCallRequest message)
    {
        try
        {
            await call.RequestStream.WriteAsync(message).Within();
        }
        catch (RpcException e)
        {
            Assert.Equal(StatusCode.Unavailable, e.StatusCode);
        }
    }

    private static RequestDelegate FailAfter(int messages) => async context =>
    {
        var reader = context.Messages();
        for (var i = 0; i < messages; i++)
        {
            await reader.ReadAsync(StreamingInputCallRequest.Parser);
        }

        await context.EndAsync(StatusCode.Unavailable);
        context.Reset(0);
    };

    private static StreamingInputCallRequest Input(int size) => new() { Payload = new Payload { Body = ByteString.CopyFrom(new byte[size]) } };

    private static RequestDelegate FailFirst(int failures, StatusCode code, string? pushback = null)
    {
        var count = 0;
        return context =>
        {
            var now = Interlocked.Increment(ref count);
            return now <= failures
                ? context.EndAsync(code, string.Create(CultureInfo.InvariantCulture, $"failure {now}"), pushback)
                : context.ReplyAsync(new Empty());
        };
    }

    private GrpcChannel Connect(ScriptedServer server, int attempts, Action<GrpcChannelOptions>? configure = null) => server.Connect(options =>
    {
        options.TimeProvider = _time;
        options.Randomness = () => 0.5;
        options.ServiceConfig = new ServiceConfig();
        options.ServiceConfig.MethodConfigs.Add(new MethodConfig
        {
            Names = { MethodName.Default },
            RetryPolicy = new RetryPolicy
            {
                MaxAttempts = attempts,
                InitialBackoff = TimeSpan.FromMilliseconds(100),
                MaxBackoff = TimeSpan.FromMilliseconds(300),
                BackoffMultiplier = 2,
                RetryableStatusCodes = { StatusCode.Unavailable },
            },
        });
        configure?.Invoke(options);
    });
}
