using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.Coordinator.Workers;
using BuildFarm.Hosting;
using BuildFarm.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Workers;

/// <summary>Kept homes as operators see them, and as workers are told to remove them.</summary>
public sealed class HomeKeeperTests
{
    [Fact]
    public async Task Homes_OfLinkedWorkers_AreListedUntilTheyGoAway()
    {
        await using var farm = await StartAsync();
        await using var first = await LinkAsync(farm, "w1", Home("1", "sage"), Home("2", "conda"));
        await using (await LinkAsync(farm, "w2", Home("3", "sage")))
        {
            Assert.Equal(["conda w1", "sage w1", "sage w2"], await ListAsync(farm, static homes => homes.Count == 3));
        }

        Assert.Equal(["conda w1", "sage w1"], await ListAsync(farm, static homes => homes.Count == 2));
        await first.SendAsync();
        Assert.Equal(["conda w1", "sage w1"], await ListAsync(farm, static _ => true));
    }

    [Fact]
    public async Task Remove_AsksTheWorkerAndWaitsUntilItIsGone()
    {
        await using var farm = await StartAsync();
        await using var worker = await LinkAsync(farm, "w1", Home("1", "sage"), Home("2", "conda"));
        await ListAsync(farm, static homes => homes.Count == 2);
        var removing = farm.Admin.RemoveHomeAsync(new RemoveHomeRequest { Name = "sage" }, deadline: TestFarm.Deadline()).ResponseAsync;

        // Long before the next heartbeat.
        while ((await worker.NextDesiredAsync()).UnwantedHomes is not ["1"])
        {
            // An older state.
        }

        Assert.False(removing.IsCompleted);
        worker.Homes = new HomeReport { Homes = { Home("2", "conda"), Home("9", "sage") } };
        await worker.SendAsync();

        // The one that was made again meanwhile is another.
        Assert.Equal("1", Assert.Single((await removing).Homes).Home.Id);
        await worker.SendAsync();
        while ((await worker.NextDesiredAsync()).UnwantedHomes.Count > 0)
        {
            // Sent before the answer.
        }
    }

    [Fact]
    public async Task Remove_OfAHomeThatATaskHas_IsRefusedAndNamesTheTask()
    {
        await using var farm = await StartAsync();
        await using var worker = await LinkAsync(farm, "w1", Home("1", "sage"));
        await ListAsync(farm, static homes => homes.Count == 1);
        var template = TestFarm.Template("uses");
        template.Home = new HomeSpec { Kept = "sage" };
        var job = await farm.SubmitAsync(template);
        var assignment = await worker.NextAssignmentAsync();

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await farm.Admin.RemoveHomeAsync(new RemoveHomeRequest { Name = "sage" }));
        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
        Assert.Contains($"{job}/uses on worker w1", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Equal($"{job}/uses", Assert.Single((await farm.Admin.ListHomesAsync(new ListHomesRequest())).Homes).UsedBy);
        await worker.CompleteAsync(assignment);
    }

    [Theory]
    [InlineData("other", "", "")]
    [InlineData("sage", "elsewhere", "")]
    [InlineData("sage", "", "w2")]
    public async Task Remove_OfAHomeThatNobodyKeeps_IsNotFound(string name, string instance, string worker)
    {
        await using var farm = await StartAsync();
        await using var linked = await LinkAsync(farm, "w1", Home("1", "sage"));
        await ListAsync(farm, static homes => homes.Count == 1);
        var refused = await Assert.ThrowsAsync<RpcException>(
            async () => await farm.Admin.RemoveHomeAsync(new RemoveHomeRequest { Name = name, InstanceName = instance, WorkerId = worker }));
        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
    }

    [Fact]
    public async Task Remove_OnAWorkerThatGoesAway_IsUnavailable()
    {
        await using var farm = await StartAsync();
        var worker = await LinkAsync(farm, "w1", Home("1", "sage"));
        await ListAsync(farm, static homes => homes.Count == 1);
        var removing = farm.Admin.RemoveHomeAsync(new RemoveHomeRequest { Name = "sage" }, deadline: TestFarm.Deadline()).ResponseAsync;
        while ((await worker.NextDesiredAsync()).UnwantedHomes.Count == 0)
        {
            // An older state.
        }

        await worker.DisposeAsync();
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => removing)).StatusCode);
    }

    private static Task<TestFarm> StartAsync() => TestFarm.StartAsync(static options => options.Pools[0].Platform[HomeProperties.Offered] = HomeProperties.All);

    private static async Task<FakeWorker> LinkAsync(TestFarm farm, string id, params HomeFacts[] homes)
    {
        var offer = FakeWorker.Offer();
        offer.Platform.Add(HomeProperties.Offered, HomeProperties.All);
        return await FakeWorker.LinkAsync(farm.Channel, id, offer: offer, homes: new HomeReport { Homes = { homes } });
    }

    private static HomeFacts Home(string id, string name) => new() { Id = id, Name = name, UsedAt = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()) };

    /// <summary>What is listed when it is as wanted; what workers say is taken in soon.</summary>
    private static async Task<IEnumerable<string>> ListAsync(TestFarm farm, Func<IReadOnlyCollection<HomeInfo>, bool> wanted)
    {
        while (true)
        {
            var change = farm.Server.Services.GetRequiredService<WorkerHomes>().NextChange;
            var homes = (await farm.Admin.ListHomesAsync(new ListHomesRequest(), deadline: TestFarm.Deadline())).Homes;
            if (wanted(homes))
            {
                return homes.Select(static home => $"{home.Home.Name} {home.WorkerId}");
            }

            await change.WaitAsync(TestFarm.Patience);
        }
    }
}
