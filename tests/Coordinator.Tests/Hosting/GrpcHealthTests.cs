using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.Hosting.Health;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace BuildFarm.Coordinator.Tests.Hosting;

public sealed class GrpcHealthTests
{
    [Fact]
    public async Task Health_OverGrpc_FollowsReadiness()
    {
        await using var farm = await TestFarm.StartAsync();
        var readiness = farm.Server.Services.GetRequiredService<Readiness>();
        var health = new Health.HealthClient(farm.Channel);
        using var watch = health.Watch(new HealthCheckRequest(), deadline: DateTime.UtcNow + TestFarm.Patience);

        await ReadUntilAsync(watch.ResponseStream, ServingStatus.Serving);
        readiness.Close("the test");
        await ReadUntilAsync(watch.ResponseStream, ServingStatus.NotServing);
        Assert.Equal(ServingStatus.NotServing, (await health.CheckAsync(new HealthCheckRequest())).Status);
        readiness.Open("the test");
        await ReadUntilAsync(watch.ResponseStream, ServingStatus.Serving);
    }

    [Fact]
    public async Task Reflection_OfTheCoordinator_ListsItsServices()
    {
        await using var farm = await TestFarm.StartAsync();
        using var call = new ServerReflection.ServerReflectionClient(farm.Channel).ServerReflectionInfo(deadline: DateTime.UtcNow + TestFarm.Patience);
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = string.Empty });

        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        var names = call.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name).ToList();
        Assert.Contains("buildfarm.v1.Jobs", names);
        Assert.Contains("grpc.health.v1.Health", names);
    }

    private static async Task ReadUntilAsync(IAsyncStreamReader<HealthCheckResponse> statuses, ServingStatus wanted)
    {
        do
        {
            Assert.True(await statuses.MoveNext(CancellationToken.None));
        }
        while (statuses.Current.Status != wanted);
    }
}
