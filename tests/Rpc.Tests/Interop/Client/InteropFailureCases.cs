using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using Xunit;

namespace BuildFarm.Rpc.Tests.Interop.Client;

/// <summary>The cases of gRPC's interop-test-descriptions.md, our client against other implementations' servers and our own: calls that fail, on purpose.</summary>
public sealed class InteropFailureCases(InteropPeers peers)
{
    public static TheoryData<string> Peers => InteropCases.Peers;

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task CancelAfterBegin(string peer)
    {
        using var channel = await ConnectAsync(peer);
        using var cancellation = new CancellationTokenSource();
        using var call = InteropCases.Client(channel).StreamingInputCall(cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, await StatusOf(call.ResponseAsync));
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task CancelAfterFirstResponse(string peer)
    {
        using var channel = await ConnectAsync(peer);
        using var cancellation = new CancellationTokenSource();
        using var call = InteropCases.Client(channel).FullDuplexCall(cancellationToken: cancellation.Token);
        await call.RequestStream.WriteAsync(InteropCases.Ping(27182, 31415));
        Assert.True(await call.ResponseStream.MoveNext(default));
        await cancellation.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, await StatusOf(call.ResponseStream.MoveNext(default)));
    }

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task TimeoutOnSleepingServer(string peer)
    {
        using var channel = await ConnectAsync(peer);
        using var call = InteropCases.Client(channel).FullDuplexCall(deadline: DateTime.UtcNow.AddMilliseconds(1));
        try
        {
            await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { Payload = InteropCases.Zeros(27182) });
        }
        catch (RpcException e)
        {
            Assert.Equal(StatusCode.DeadlineExceeded, e.StatusCode);
        }

        Assert.Equal(StatusCode.DeadlineExceeded, await StatusOf(call.ResponseStream.MoveNext(default)));
    }

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task StatusCodeAndMessage(string peer)
    {
        const string message = "test status message";
        var status = new EchoStatus { Code = 2, Message = message };
        using var channel = await ConnectAsync(peer);
        var unary = await Assert.ThrowsAsync<RpcException>(async () => await InteropCases.Client(channel).UnaryCallAsync(new SimpleRequest { ResponseStatus = status }));
        Assert.Equal((StatusCode.Unknown, message), (unary.StatusCode, unary.Status.Detail));

        using var call = InteropCases.Client(channel).FullDuplexCall();
        try
        {
            await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseStatus = status });
        }
        catch (RpcException e)
        {
            // The status may be here before the transport is done with the message that it answers.
            Assert.Equal((StatusCode.Unknown, message), (e.StatusCode, e.Status.Detail));
        }

        var duplex = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default));
        Assert.Equal((StatusCode.Unknown, message), (duplex.StatusCode, duplex.Status.Detail));
    }

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task SpecialStatusMessage(string peer)
    {
        const string message = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";
        using var channel = await ConnectAsync(peer);
        var request = new SimpleRequest { ResponseStatus = new EchoStatus { Code = 2, Message = message } };
        var error = await Assert.ThrowsAsync<RpcException>(async () => await InteropCases.Client(channel).UnaryCallAsync(request));
        Assert.Equal((StatusCode.Unknown, message), (error.StatusCode, error.Status.Detail));
    }

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task UnimplementedMethod(string peer)
    {
        using var channel = await ConnectAsync(peer);
        Assert.Equal(StatusCode.Unimplemented, await StatusOf(InteropCases.Client(channel).UnimplementedCallAsync(new Empty()).ResponseAsync));
    }

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task UnimplementedService(string peer)
    {
        using var channel = await ConnectAsync(peer);
        var client = new UnimplementedService.UnimplementedServiceClient(channel);
        Assert.Equal(StatusCode.Unimplemented, await StatusOf(client.UnimplementedCallAsync(new Empty()).ResponseAsync));
    }

    private static async Task<StatusCode> StatusOf(Task call) => (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode;

    private async Task<GrpcChannel> ConnectAsync(string peer) => GrpcChannel.ForAddress(await peers.AddressOfAsync(peer));
}
