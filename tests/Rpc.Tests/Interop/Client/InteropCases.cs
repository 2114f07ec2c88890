using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using Xunit;

namespace BuildFarm.Rpc.Tests.Interop.Client;

/// <summary>The cases of gRPC's interop-test-descriptions.md, our client against other implementations' servers and our own: calls that succeed.</summary>
public sealed class InteropCases(InteropPeers peers)
{
    private static readonly int[] RequestSizes = [27182, 8, 1828, 45904];
    private static readonly int[] ResponseSizes = [31415, 9, 2653, 58979];

    public static TheoryData<string> Peers => [InteropPeers.Grpcio, InteropPeers.GrpcJs, InteropPeers.Own];

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task EmptyUnary(string peer)
    {
        using var channel = await ConnectAsync(peer);
        Assert.Equal(new Empty(), await Client(channel).EmptyCallAsync(new Empty()));
    }

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task LargeUnary(string peer)
    {
        using var channel = await ConnectAsync(peer);
        var request = new SimpleRequest { ResponseSize = 314159, Payload = Zeros(271828) };
        var response = await Client(channel).UnaryCallAsync(request);
        Assert.Equal(Zeros(314159), response.Payload);
    }

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task ClientStreaming(string peer)
    {
        using var channel = await ConnectAsync(peer);
        using var call = Client(channel).StreamingInputCall();
        foreach (var size in RequestSizes)
        {
            await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = Zeros(size) });
        }

        await call.RequestStream.CompleteAsync();
        Assert.Equal(74922, (await call).AggregatedPayloadSize);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task ServerStreaming(string peer)
    {
        using var channel = await ConnectAsync(peer);
        var request = new StreamingOutputCallRequest();
        request.ResponseParameters.Add(ResponseSizes.Select(size => new ResponseParameters { Size = size }));
        using var call = Client(channel).StreamingOutputCall(request);
        foreach (var size in ResponseSizes)
        {
            Assert.True(await call.ResponseStream.MoveNext(default));
            Assert.Equal(Zeros(size), call.ResponseStream.Current.Payload);
        }

        Assert.False(await call.ResponseStream.MoveNext(default));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task PingPong(string peer)
    {
        using var channel = await ConnectAsync(peer);
        using var call = Client(channel).FullDuplexCall();
        for (var i = 0; i < RequestSizes.Length; i++)
        {
            await call.RequestStream.WriteAsync(Ping(RequestSizes[i], ResponseSizes[i]));
            Assert.True(await call.ResponseStream.MoveNext(default));
            Assert.Equal(ResponseSizes[i], call.ResponseStream.Current.Payload.Body.Length);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(default));
    }

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task EmptyStream(string peer)
    {
        using var channel = await ConnectAsync(peer);
        using var call = Client(channel).FullDuplexCall();
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(default));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Theory]
    [MemberData(nameof(Peers))]
    public async Task CustomMetadata(string peer)
    {
        using var channel = await ConnectAsync(peer);
        var headers = new Metadata { { "x-grpc-test-echo-initial", "test_initial_metadata_value" }, { "x-grpc-test-echo-trailing-bin", [0xab, 0xab, 0xab] } };

        using var unary = Client(channel).UnaryCallAsync(new SimpleRequest { ResponseSize = 314159, Payload = Zeros(271828) }, headers);
        AssertEchoed(await unary.ResponseHeadersAsync, await EndOf(unary, unary.GetTrailers));

        using var duplex = Client(channel).FullDuplexCall(headers);
        await duplex.RequestStream.WriteAsync(Ping(271828, 314159));
        Assert.True(await duplex.ResponseStream.MoveNext(default));
        await duplex.RequestStream.CompleteAsync();
        Assert.False(await duplex.ResponseStream.MoveNext(default));
        AssertEchoed(await duplex.ResponseHeadersAsync, duplex.GetTrailers());
    }

    private static async Task<Metadata> EndOf<T>(AsyncUnaryCall<T> call, Func<Metadata> trailers)
    {
        await call;
        return trailers();
    }

    private static void AssertEchoed(Metadata headers, Metadata trailers)
    {
        Assert.Equal("test_initial_metadata_value", headers.GetValue("x-grpc-test-echo-initial"));
        Assert.Equal<byte>([0xab, 0xab, 0xab], trailers.GetValueBytes("x-grpc-test-echo-trailing-bin")!);
    }

    private async Task<GrpcChannel> ConnectAsync(string peer) => GrpcChannel.ForAddress(await peers.AddressOfAsync(peer));

    internal static TestService.TestServiceClient Client(GrpcChannel channel) => new(channel);

    internal static Payload Zeros(int size) => new() { Body = ByteString.CopyFrom(new byte[size]) };

    internal static StreamingOutputCallRequest Ping(int requestSize, int responseSize) => new()
    {
        Payload = Zeros(requestSize),
        ResponseParameters = { new ResponseParameters { Size = responseSize } },
    };
}
