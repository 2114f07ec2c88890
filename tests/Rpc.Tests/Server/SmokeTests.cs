using BuildFarm.Rpc.Tests.Interop;
using BuildFarm.TestKit.Rpc;
using Grpc.Testing;
using Microsoft.AspNetCore.Builder;
using Xunit;

namespace BuildFarm.Rpc.Tests.Server;

/// <summary>The four shapes over both transports, server and client of our own.</summary>
public sealed class SmokeTests
{
    [Theory]
    [InlineData(TestTransport.Tcp)]
    [InlineData(TestTransport.UnixSocket)]
    public async Task UnaryCall_OverTransport_Answers(TestTransport transport)
    {
        await using var server = await RpcTestServer.StartAsync(app => app.MapGrpcService<TestServiceImpl>(), transport: transport);
        var client = new TestService.TestServiceClient(server.CreateChannel());

        var response = await client.UnaryCallAsync(new SimpleRequest { ResponseSize = 314159 });

        Assert.Equal(314159, response.Payload.Body.Length);
    }
}
