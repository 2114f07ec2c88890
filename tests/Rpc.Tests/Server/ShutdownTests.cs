using System.Net.Sockets;
using BuildFarm.Rpc.Tests.Server.Support;
using BuildFarm.TestKit;
using Grpc.Core;
using Grpc.Testing;
using Xunit;

namespace BuildFarm.Rpc.Tests.Server;

/// <summary>A server that stops finishes what runs and takes nothing new.</summary>
public sealed class ShutdownTests
{
    [Fact]
    public async Task Stop_CallUnderWay_FinishesAndNewCallsAreRefused()
    {
        var started = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var service = new DelegatingTestService
        {
            Output = async (_, responses, _) =>
            {
                await responses.WriteAsync(new StreamingOutputCallResponse { Payload = TestServers.Zeros(1) });
                started.SetResult();
                await release.Task;
                await responses.WriteAsync(new StreamingOutputCallResponse { Payload = TestServers.Zeros(2) });
            },
        };
        await using var server = await TestServers.StartAsync(service);
        using var call = server.Client().StreamingOutputCall(new StreamingOutputCallRequest());
        Assert.True(await call.ResponseStream.MoveNext());
        await started.Task.WaitAsync(TestServers.Guard);

        var stop = server.StopAsync();
        // Stopping, it closes its door a moment later.
        await Eventually.IsTrueAsync(_ => IsClosedAsync(new Uri(server.Address)), TestContext.Current.CancellationToken);
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await server.Client().UnaryCallAsync(new SimpleRequest(), deadline: DateTime.UtcNow.AddMinutes(1)));
        Assert.False(stop.IsCompleted);
        release.SetResult();

        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);
        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal(2, call.ResponseStream.Current.Payload.Body.Length);
        Assert.False(await call.ResponseStream.MoveNext());
        await stop.WaitAsync(TestServers.Guard);
    }

    private static async ValueTask<bool> IsClosedAsync(Uri address)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(address.Host, address.Port);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
