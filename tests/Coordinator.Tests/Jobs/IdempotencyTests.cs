using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.V1;
using Grpc.Core;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Jobs;

public sealed class IdempotencyTests
{
    [Fact]
    public async Task Submit_WithTheSameKey_JoinsTheFirst()
    {
        await using var farm = await TestFarm.StartAsync();
        var request = new SubmitJobRequest { IdempotencyKey = "k", Spec = new JobSpec { Tasks = { TestFarm.Template("build") } } };

        var first = await farm.Jobs.SubmitJobAsync(request, deadline: TestFarm.Deadline());
        var second = await farm.Jobs.SubmitJobAsync(request, deadline: TestFarm.Deadline());

        Assert.False(first.Joined);
        Assert.Equal((first.JobId, true), (second.JobId, second.Joined));
    }

    [Fact]
    public async Task Submit_WithTheSameKeyFromElsewhere_JoinsTheFirst()
    {
        await using var farm = await TestFarm.StartAsync();
        var first = await farm.Jobs.SubmitJobAsync(KeyedRequest("a@one", ("A", "1"), ("B", "2")), deadline: TestFarm.Deadline());
        var second = await farm.Jobs.SubmitJobAsync(KeyedRequest("b@two", ("B", "2"), ("A", "1")), deadline: TestFarm.Deadline());

        Assert.Equal((first.JobId, true), (second.JobId, second.Joined));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Submit_WithTheSameKeyAndAnotherRequest_AlreadyExists(bool whileItRuns)
    {
        await using var farm = await TestFarm.StartAsync();
        await using var worker = await FakeWorker.LinkAsync(farm.Channel);
        var first = await farm.Jobs.SubmitJobAsync(KeyedRequest("a@one", ("A", "1")), deadline: TestFarm.Deadline());
        if (!whileItRuns)
        {
            await worker.CompleteAsync(await worker.NextAssignmentAsync());
            await farm.FinishAsync(first.JobId);
        }

        var refused = await Assert.ThrowsAsync<RpcException>(
            () => farm.Jobs.SubmitJobAsync(KeyedRequest("a@one", ("A", "2")), deadline: TestFarm.Deadline()).ResponseAsync);

        Assert.Equal(StatusCode.AlreadyExists, refused.StatusCode);
        Assert.Contains("'k' belongs to job " + first.JobId, refused.Status.Detail, StringComparison.Ordinal);
    }


    private static SubmitJobRequest KeyedRequest(string submitter, params (string Name, string Value)[] environment)
    {
        var template = TestFarm.Template("build");
        foreach (var (name, value) in environment)
        {
            template.Environment[name] = value;
        }

        return new SubmitJobRequest { IdempotencyKey = "k", Spec = new JobSpec { Submitter = submitter, Tasks = { template } } };
    }
}
