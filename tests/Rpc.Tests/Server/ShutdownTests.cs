using BuildFarm.Rpc.Tests.Server.Support;
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
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await server.Client().UnaryCallAsync(new SimpleRequest(), deadline: DateTime.UtcNow.AddSeconds(10)));
        Assert.False(stop.IsCompleted);
        release.SetResult();

        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);
        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal(2, call.ResponseStream.Current.Payload.Body.Length);
        Assert.False(await call.ResponseStream.MoveNext());
        await stop.WaitAsync(TestServers.Guard);
    }
}
