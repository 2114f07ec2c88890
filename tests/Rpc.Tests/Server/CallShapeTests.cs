using BuildFarm.Rpc.Tests.Interop;
using BuildFarm.Rpc.Tests.Server.Support;
using BuildFarm.TestKit.Rpc;
using Grpc.Core;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Xunit;

namespace BuildFarm.Rpc.Tests.Server;

/// <summary>The four shapes over both transports, with our own client.</summary>
public sealed class CallShapeTests
{
    [Theory]
    [InlineData(TestTransport.Tcp)]
    [InlineData(TestTransport.UnixSocket)]
    public async Task AllShapes_OverTransport_Answer(TestTransport transport)
    {
        await using var server = await RpcTestServer.StartAsync(app => app.MapGrpcService<TestServiceImpl>(), transport: transport);
        await CallShapes.ExchangeAsync(server.Client());
    }

    [Fact]
    public async Task ServerStreaming_NoMessages_IsOkWithTrailers()
    {
        await using var server = await TestServers.StartAsync(new DelegatingTestService());

        var response = await new RawCall().SendAsync(server, TestServers.Output);

        Assert.Equal(StatusCode.OK, response.Status);
        Assert.False(response.IsTrailersOnly);
    }
}
