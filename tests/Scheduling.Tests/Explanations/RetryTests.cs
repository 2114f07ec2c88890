using Xunit;
using static BuildFarm.Scheduling.Tests.Explanations.Waits;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests.Explanations;

/// <summary>It is tried again, and says why; and when it ends whatever it waits for.</summary>
public sealed class RetryTests
{
    [Fact]
    public void Attempt_AfterALostWorker_SaysSo()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));
        Lose(farm, "w");

        AssertWaits(
            farm, Id("j"), WaitReason.WorkersOutOfService, "attempt 2, because worker w was lost: no worker of pool default takes work: 1 is lost");
    }

    [Fact]
    public void Attempt_AfterTooLittleMemory_SaysHowMuchItGets()
    {
        var farm = new Farm();
        farm.Link("large", memory: 8 * GiB);
        farm.SubmitQueued("j", Task("a"));
        farm.Drain("large", Running(farm.LeaseOf(Id("j"))));
        farm.Drain("large", Done(farm.LeaseOf(Id("j")), Outcome.OutOfMemory, 137, message: "peak 1 GiB"));

        AssertWaits(
            farm,
            Id("j"),
            WaitReason.WorkersOutOfService,
            "attempt 2, with 2 GiB, because peak 1 GiB; it runs once more with 2 GiB: no worker of pool default takes work: large is draining");
    }

    [Theory]
    [InlineData(90, 0, "; its deadline is 1970-01-01 01:01:30 UTC")]
    [InlineData(0, 3600, "; its job's deadline is 1970-01-01 02:00:00 UTC")]
    [InlineData(90, 3600, "; its deadline is 1970-01-01 01:01:30 UTC")]
    [InlineData(7200, 3600, "; its job's deadline is 1970-01-01 02:00:00 UTC")]
    public void Deadline_OfTaskOrJob_IsSaidWithEveryWait(int own, int whole, string expected)
    {
        var farm = new Farm();
        var task = Task("a") with { Deadline = TimeSpan.FromSeconds(own) };
        farm.Submit(new JobSpec("j", [task, task with { Name = "b", Needs = [0] }]) { Deadline = TimeSpan.FromSeconds(whole) });
        AssertWaits(farm, Id("j", 1), WaitReason.Needs, "waits for a (resolving)" + expected);

        farm.Queue(Id("j"));
        farm.Link("w");

        AssertWaits(farm, Id("j"), WaitReason.None, "runs on w, attempt 1" + expected);
    }
}
