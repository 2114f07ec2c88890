using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using Xunit;

namespace BuildFarm.Rpc.Tests.Interop.Client;

/// <summary>
/// The compression cases of gRPC's interop-test-descriptions.md. Whether a message really was compressed is read off the wire on our side, since the other libraries do not tell their handlers;
/// that the peer understood it shows in its answer.
/// </summary>
public sealed class InteropCompressionCases(InteropPeers peers)
{
    private static readonly Metadata Gzip = new() { { GrpcChannel.RequestEncodingKey, "gzip" } };

    public static TheoryData<string> Peers => InteropCases.Peers;

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task ClientCompressedUnary(string peer)
    {
        using var frames = new FrameRecordingHandler();
        using var channel = await ConnectAsync(peer, frames);
        var client = InteropCases.Client(channel);
        var request = new SimpleRequest { ResponseSize = 314159, Payload = InteropCases.Zeros(271828) };
        Assert.Equal(314159, (await client.UnaryCallAsync(request, Gzip)).Payload.Body.Length);
        var plain = new CallOptions(Gzip).WithWriteOptions(new WriteOptions(WriteFlags.NoCompress));
        Assert.Equal(314159, (await client.UnaryCallAsync(request, plain)).Payload.Body.Length);
        Assert.Equal([true, false], frames.Sent);
    }

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task ClientCompressedStreaming(string peer)
    {
        using var frames = new FrameRecordingHandler();
        using var channel = await ConnectAsync(peer, frames);
        using var call = InteropCases.Client(channel).StreamingInputCall(Gzip);
        await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = InteropCases.Zeros(27182) });
        call.RequestStream.WriteOptions = new WriteOptions(WriteFlags.NoCompress);
        await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = InteropCases.Zeros(45904) });
        await call.RequestStream.CompleteAsync();
        Assert.Equal(73086, (await call).AggregatedPayloadSize);
        Assert.Equal([true, false], frames.Sent);
    }

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task ServerCompressedUnary(string peer)
    {
        SkipUnlessServerCompresses(peer);
        using var frames = new FrameRecordingHandler();
        using var channel = await ConnectAsync(peer, frames);
        foreach (var compressed in (bool[])[true, false])
        {
            var request = new SimpleRequest { ResponseCompressed = new BoolValue { Value = compressed }, ResponseSize = 314159, Payload = InteropCases.Zeros(271828) };
            Assert.Equal(InteropCases.Zeros(314159), (await InteropCases.Client(channel).UnaryCallAsync(request)).Payload);
        }

        Assert.Equal([true, false], frames.Received);
    }

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task ServerCompressedStreaming(string peer)
    {
        SkipUnlessServerCompresses(peer);
        using var frames = new FrameRecordingHandler();
        using var channel = await ConnectAsync(peer, frames);
        var request = new StreamingOutputCallRequest();
        request.ResponseParameters.Add(new ResponseParameters { Compressed = new BoolValue { Value = true }, Size = 31415 });
        request.ResponseParameters.Add(new ResponseParameters { Compressed = new BoolValue { Value = false }, Size = 92653 });
        using var call = InteropCases.Client(channel).StreamingOutputCall(request);
        var sizes = new List<int>();
        while (await call.ResponseStream.MoveNext(default))
        {
            sizes.Add(call.ResponseStream.Current.Payload.Body.Length);
        }

        Assert.Equal([31415, 92653], sizes);
        Assert.Equal([true, false], frames.Received);
    }

    [Fact]
    public async Task ClientCompressedUnary_OwnServerProbed_SeesWhatWasSent()
    {
        using var channel = GrpcChannel.ForAddress(await peers.AddressOfAsync(InteropPeers.Own));
        var client = InteropCases.Client(channel);
        var expecting = new SimpleRequest { ExpectCompressed = new BoolValue { Value = true }, ResponseSize = 314159, Payload = InteropCases.Zeros(271828) };
        var error = await Assert.ThrowsAsync<RpcException>(async () => await client.UnaryCallAsync(expecting));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal(314159, (await client.UnaryCallAsync(expecting, Gzip)).Payload.Body.Length);
    }

    private static void SkipUnlessServerCompresses(string peer)
    {
        if (peer == InteropPeers.GrpcJs)
        {
            Assert.Skip("grpc-js: its server never compresses messages (it writes every frame's compressed flag as 0)");
        }
    }

    private async Task<GrpcChannel> ConnectAsync(string peer, FrameRecordingHandler frames) =>
        GrpcChannel.ForAddress(await peers.AddressOfAsync(peer), new GrpcChannelOptions { HttpHandler = frames });
}
