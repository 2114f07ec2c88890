using System.Net;
using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.TestKit.Rpc;
using Xunit;

namespace BuildFarm.Coordinator.Tests.Hosting;

public sealed class PagesTests
{
    [Fact]
    public async Task Pages_OverHttp_AnswerHealthAndJobs()
    {
        await using var farm = await TestFarm.StartAsync(transport: TestTransport.Http1);
        using var http = new HttpClient { BaseAddress = new Uri(farm.Server.Address) };

        Assert.Equal("alive\n", await http.GetStringAsync("/healthz"));
        Assert.Equal("ready\n", await http.GetStringAsync("/readyz"));
        Assert.Equal("no jobs yet\n", await http.GetStringAsync("/"));
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/runs/abcdef")).StatusCode);
    }
}
