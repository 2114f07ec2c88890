using BuildFarm.Rpc.Tests.Server.Support;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Grpc.Testing;
using Xunit;
using Status = Grpc.Core.Status;

namespace BuildFarm.Rpc.Tests.Server;

/// <summary>What a handler does, and what its client gets.</summary>
public sealed class HandlerTests
{
    [Theory]
    [InlineData(false, "Exception was thrown by handler.")]
    [InlineData(true, "Exception was thrown by handler. InvalidOperationException: secret")]
    public async Task Handler_Throws_IsUnknownAndLogged(bool detailed, string detail)
    {
        var service = new DelegatingTestService { Unary = (_, _) => throw new InvalidOperationException("secret") };
        await using var server = await TestServers.StartAsync(service, options => options.EnableDetailedErrors = detailed);
        server.Logs.Expect("secret");

        var error = await Assert.ThrowsAsync<RpcException>(async () => await server.Client().UnaryCallAsync(new SimpleRequest()));

        Assert.Equal((StatusCode.Unknown, detail), (error.StatusCode, error.Status.Detail));
        Assert.Contains(server.Logs.Entries, entry => entry.Exception?.Message == "secret");
    }

    [Fact]
    public async Task Handler_ThrowsRpcExceptionWithDetails_ClientReadsThem()
    {
        var details = new Google.Rpc.Status { Code = (int)StatusCode.FailedPrecondition, Message = "missing blob", Details = { Google.Protobuf.WellKnownTypes.Any.Pack(new SimpleRequest { ResponseSize = 7 }) } };
        var service = new DelegatingTestService { Unary = (_, _) => throw details.ToRpcException() };
        await using var server = await TestServers.StartAsync(service);

        var error = await Assert.ThrowsAsync<RpcException>(async () => await server.Client().UnaryCallAsync(new SimpleRequest()));

        Assert.Equal((StatusCode.FailedPrecondition, "missing blob"), (error.StatusCode, error.Status.Detail));
        Assert.Equal(details, error.GetRpcStatus());
    }

    [Fact]
    public async Task Handler_ReturnsNull_IsCancelled()
    {
        var service = new DelegatingTestService { Unary = (_, _) => Task.FromResult<SimpleResponse>(null!) };
        await using var server = await TestServers.StartAsync(service);

        var error = await Assert.ThrowsAsync<RpcException>(async () => await server.Client().UnaryCallAsync(new SimpleRequest()));

        Assert.Equal((StatusCode.Cancelled, "No message returned from method."), (error.StatusCode, error.Status.Detail));
    }

    [Fact]
    public async Task Handler_SetsStatus_ClientGetsIt()
    {
        var service = new DelegatingTestService
        {
            Output = async (_, responses, context) =>
            {
                await responses.WriteAsync(new StreamingOutputCallResponse());
                context.Status = new Status(StatusCode.OutOfRange, "at the end");
            },
        };
        await using var server = await TestServers.StartAsync(service);
        using var call = server.Client().StreamingOutputCall(new StreamingOutputCallRequest());

        Assert.True(await call.ResponseStream.MoveNext());
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());

        Assert.Equal((StatusCode.OutOfRange, "at the end"), (error.StatusCode, error.Status.Detail));
    }

    [Fact]
    public async Task Handler_ReadsContext_SeesTheCall()
    {
        var seen = new TaskCompletionSource<ServerCallContext>();
        var metadata = new Metadata();
        var service = new DelegatingTestService
        {
            Unary = (_, context) =>
            {
                foreach (var entry in context.RequestHeaders)
                {
                    metadata.Add(entry);
                }

                seen.SetResult(context);
                return Task.FromResult(new SimpleResponse { Username = $"{context.Method} {context.Host} {context.Peer.Split(':')[0]} {context.AuthContext.IsPeerAuthenticated}" });
            },
        };
        await using var server = await TestServers.StartAsync(service);
        var deadline = DateTime.UtcNow.AddMinutes(5);

        var response = await server.Client().UnaryCallAsync(
            new SimpleRequest(), new Metadata { { "text", "a" }, { "text", "b" }, { "blob-bin", [0, 255] } }, deadline);

        Assert.Equal($"{TestServers.Unary} {new Uri(server.Address).Authority} ipv4 False", response.Username);
        Assert.Equal("a, b", string.Join(", ", metadata.GetAll("text").Select(entry => entry.Value)));
        Assert.Equal([0, 255], metadata.GetValueBytes("blob-bin"));
        Assert.DoesNotContain(metadata, entry => entry.Key is "grpc-timeout" or "te" or "content-type");
        Assert.InRange((await seen.Task).Deadline, deadline.AddSeconds(-60), deadline.AddSeconds(60));
    }

    [Fact]
    public async Task Handler_WritesHeadersFirst_ClientSeesThemBeforeMessages()
    {
        var release = new TaskCompletionSource();
        var service = new DelegatingTestService
        {
            Output = async (_, responses, context) =>
            {
                await context.WriteResponseHeadersAsync(new Metadata { { "early", "yes" } });
                await release.Task;
                await responses.WriteAsync(new StreamingOutputCallResponse());
            },
        };
        await using var server = await TestServers.StartAsync(service);
        using var call = server.Client().StreamingOutputCall(new StreamingOutputCallRequest());

        var headers = await call.ResponseHeadersAsync.WaitAsync(TestServers.Guard);
        Assert.Equal("yes", headers.GetValue("early"));
        release.SetResult();

        Assert.True(await call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task Handler_WritesHeadersTwice_Throws()
    {
        var service = new DelegatingTestService
        {
            Unary = async (_, context) =>
            {
                await context.WriteResponseHeadersAsync([]);
                var error = await Assert.ThrowsAsync<InvalidOperationException>(() => context.WriteResponseHeadersAsync([]));
                return new SimpleResponse { Username = error.Message };
            },
        };
        await using var server = await TestServers.StartAsync(service);

        Assert.Contains("sent already", (await server.Client().UnaryCallAsync(new SimpleRequest())).Username, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handler_KeepsStreamsAfterItsEnd_TheyThrow()
    {
        IServerStreamWriter<StreamingOutputCallResponse>? writer = null;
        IAsyncStreamReader<StreamingOutputCallRequest>? reader = null;
        var service = new DelegatingTestService
        {
            Duplex = (requests, responses, _) =>
            {
                (reader, writer) = (requests, responses);
                return Task.CompletedTask;
            },
        };
        await using var server = await TestServers.StartAsync(service);
        using var call = server.Client().FullDuplexCall();
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());

        await Assert.ThrowsAnyAsync<Exception>(() => writer!.WriteAsync(new StreamingOutputCallResponse()));
        await Assert.ThrowsAnyAsync<Exception>(() => reader!.MoveNext());
    }

    [Fact]
    public async Task Handler_ReadsTwiceAtOnce_Throws()
    {
        var readTwice = new TaskCompletionSource();
        var service = new DelegatingTestService
        {
            Input = async (requests, _) =>
            {
                var first = requests.MoveNext();
                await Assert.ThrowsAsync<InvalidOperationException>(() => requests.MoveNext());
                readTwice.SetResult();
                await first;
                return new StreamingInputCallResponse { AggregatedPayloadSize = 42 };
            },
        };
        await using var server = await TestServers.StartAsync(service);
        using var call = server.Client().StreamingInputCall();

        await readTwice.Task.WaitAsync(TestServers.Guard);
        await call.RequestStream.WriteAsync(new StreamingInputCallRequest());
        await call.RequestStream.CompleteAsync();

        Assert.Equal(42, (await call).AggregatedPayloadSize);
    }

    [Fact]
    public async Task Handler_ForwardsToAnotherCall_PropagationTokenCarriesDeadlineAndCancellation()
    {
        CallOptions propagated = default;
        var service = new DelegatingTestService
        {
            Unary = (_, context) =>
            {
                propagated = new CallOptions(propagationToken: context.CreatePropagationToken());
                return Task.FromResult(new SimpleResponse());
            },
        };
        await using var server = await TestServers.StartAsync(service);

        await server.Client().UnaryCallAsync(new SimpleRequest(), deadline: DateTime.UtcNow.AddMinutes(1));

        Assert.NotNull(propagated.PropagationToken);
        Assert.True(propagated.PropagationToken.Deadline < DateTime.UtcNow.AddMinutes(2));
    }
}
