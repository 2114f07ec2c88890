using BuildFarm.Coordinator.Tests.Kit;
using BuildFarm.V1;
using Xunit;
using Task = System.Threading.Tasks.Task;

namespace BuildFarm.Coordinator.Tests.Jobs;

/// <summary>A newer job takes an older one's place.</summary>
public sealed class SupersedeTests
{
    [Fact]
    public async Task Job_OfTheSameKey_CancelsTheOlderAndItsWatchersHearWhy()
    {
        await using var farm = await TestFarm.StartAsync();
        var old = await SubmitAsync(farm, "develop", "ann@laptop");
        var watching = farm.WatchAsync(old.JobId);

        var newer = await SubmitAsync(farm, "develop", "ann@desk");

        var events = await watching;
        Assert.Equal($"superseded by job {newer.JobId} (image)", Assert.Single(events, e => e.Cancelling is not null).Cancelling.CancelReason);
        Assert.Equal($"cancelled: superseded by job {newer.JobId} (image)", events.Last(e => e.Task is not null).Task.Message);
        Assert.Equal(JobState.Active, (await farm.Jobs.GetJobAsync(new GetJobRequest { JobId = newer.JobId })).State);
    }

    [Fact]
    public async Task Job_OfAnotherUserOrInstance_IsLeftAlone()
    {
        await using var farm = await TestFarm.StartAsync(options => options.Instances = ["", "other"]);
        var ann = await SubmitAsync(farm, "develop", "ann@laptop");
        await SubmitAsync(farm, "develop", "bob@laptop");
        await SubmitAsync(farm, "develop", "ann@laptop", instance: "other");

        Assert.Equal(JobState.Active, (await farm.Jobs.GetJobAsync(new GetJobRequest { JobId = ann.JobId })).State);
    }

    [Fact]
    public async Task Submit_RepeatedLate_JoinsItsCancelledJobAndLeavesTheNewer()
    {
        await using var farm = await TestFarm.StartAsync();
        var old = await SubmitAsync(farm, "develop", "ann@laptop", key: "commit 1");
        var newer = await SubmitAsync(farm, "develop", "ann@laptop", key: "commit 2");
        await farm.FinishAsync(old.JobId);

        var again = await SubmitAsync(farm, "develop", "ann@laptop", key: "commit 1");

        Assert.Equal((old.JobId, true), (again.JobId, again.Joined));
        Assert.Equal(JobState.Active, (await farm.Jobs.GetJobAsync(new GetJobRequest { JobId = newer.JobId })).State);
        Assert.Equal(JobState.Finished, (await farm.Jobs.GetJobAsync(new GetJobRequest { JobId = again.JobId })).State);
    }

    private static async Task<SubmitJobResponse> SubmitAsync(TestFarm farm, string supersede, string submitter, string key = "", string instance = "") =>
        await farm.Jobs.SubmitJobAsync(new SubmitJobRequest
        {
            InstanceName = instance,
            IdempotencyKey = key,
            Spec = new JobSpec { Name = "image", SupersedeKey = supersede, Submitter = submitter, Tasks = { TestFarm.Template("build") } },
        });
}
