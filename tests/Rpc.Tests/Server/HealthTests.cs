using BuildFarm.Rpc.Tests.Server.Support;
using BuildFarm.TestKit.Rpc;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace BuildFarm.Rpc.Tests.Server;

/// <summary><c>grpc.health.v1</c> (grpc/doc/health-checking.md).</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task Check_KnownAndUnknown_AnswersOrNotFound()
    {
        await using var server = await StartAsync();
        var client = new Health.HealthClient(server.CreateChannel());
        server.Services.GetRequiredService<HealthServiceImpl>().SetStatus("a.B", ServingStatus.NotServing);

        Assert.Equal(ServingStatus.Serving, (await client.CheckAsync(new HealthCheckRequest())).Status);
        Assert.Equal(ServingStatus.NotServing, (await client.CheckAsync(new HealthCheckRequest { Service = "a.B" })).Status);
        Assert.Equal(2, (await client.ListAsync(new HealthListRequest())).Statuses.Count);
        var error = await Assert.ThrowsAsync<RpcException>(async () => await client.CheckAsync(new HealthCheckRequest { Service = "c.D" }));
        Assert.Equal(StatusCode.NotFound, error.StatusCode);
    }

    [Fact]
    public async Task Watch_StatusChanges_AreSent()
    {
        await using var server = await StartAsync();
        var health = server.Services.GetRequiredService<HealthServiceImpl>();
        using var call = new Health.HealthClient(server.CreateChannel()).Watch(new HealthCheckRequest { Service = "a.B" });

        await ExpectAsync(call, ServingStatus.ServiceUnknown);
        health.SetStatus("a.B", ServingStatus.Serving);
        await ExpectAsync(call, ServingStatus.Serving);
        health.SetStatus("a.B", ServingStatus.NotServing);
        await ExpectAsync(call, ServingStatus.NotServing);
        health.ClearStatus("a.B");
        await ExpectAsync(call, ServingStatus.ServiceUnknown);
    }

    [Fact]
    public async Task Watch_ServerStops_EndsUnavailableAndStopIsNotHeldUp()
    {
        await using var server = await StartAsync();
        using var call = new Health.HealthClient(server.CreateChannel()).Watch(new HealthCheckRequest());
        await ExpectAsync(call, ServingStatus.Serving);

        var stop = server.StopAsync();

        await ExpectAsync(call, ServingStatus.NotServing);
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        await stop.WaitAsync(TestServers.Guard);
    }

    private static Task<RpcTestServer> StartAsync() =>
        RpcTestServer.StartAsync(app => app.MapGrpcHealthService(), services => services.AddGrpcHealth());

    private static async Task ExpectAsync(AsyncServerStreamingCall<HealthCheckResponse> call, ServingStatus status)
    {
        Assert.True(await call.ResponseStream.MoveNext().WaitAsync(TestServers.Guard));
        Assert.Equal(status, call.ResponseStream.Current.Status);
    }
}
