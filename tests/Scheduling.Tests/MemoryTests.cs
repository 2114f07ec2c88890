using BuildFarm.Scheduling.Events;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests;

/// <summary>Memory that was too little, and memory that was learned.</summary>
public sealed class MemoryTests
{
    [Fact]
    public void OutOfMemory_TheFirstTime_IsTriedOnceWithTwiceAsMuch()
    {
        var farm = new Farm();
        farm.Link("w", memory: 8 * GiB);
        farm.SubmitQueued("j", Task("a"));

        farm.Complete(Id("j"), Outcome.OutOfMemory, 137, "needed more than its 1024 MiB of memory (peak 1024 MiB)");
        Assert.Equal(2 * GiB, farm.Desired("w").Assignments.Single().Resources.MemoryBytes);
        Assert.Equal("j/0", farm.Desired("w").Assignments.Single().Action.Key);
        farm.Complete(Id("j"));

        Assert.Equal(Outcome.Success, farm.Finished(Id("j")).Outcome);
        Assert.Equal(0, farm.Finished(Id("j")).ExitCode);
    }

    [Fact]
    public void OutOfMemory_Twice_IsTheOutcomeWithBothAmounts()
    {
        var farm = new Farm();
        farm.Link("w", memory: 8 * GiB);
        farm.SubmitQueued("j", Task("a") with { Retries = 3 });
        farm.Complete(Id("j"), Outcome.OutOfMemory, 137, "peak 1 GiB");

        farm.Complete(Id("j"), Outcome.OutOfMemory, 137, "peak 2 GiB");

        Assert.Equal((Outcome.OutOfMemory, "peak 2 GiB; it had 2 GiB, after 1 GiB was not enough"), (farm.Finished(Id("j")).Outcome, farm.Finished(Id("j")).Message));
    }

    [Fact]
    public void OutOfMemory_OnLessThanTwiceAsMuch_GetsAllOfTheLargestWorker()
    {
        var farm = new Farm();
        farm.Link("small", memory: 2 * GiB);
        farm.SubmitQueued("j", Task("a") with { Resources = new Resources(1000, 2 * GiB) });
        farm.Link("large", memory: 3 * GiB);

        farm.Complete(Id("j"), Outcome.OutOfMemory, 137);

        Assert.Equal(3 * GiB, farm.Desired("large").Assignments.Single().Resources.MemoryBytes);
    }

    [Fact]
    public void OutOfMemory_WithAllThereIs_IsFinalAndSaysSo()
    {
        var farm = new Farm();
        farm.Link("w", memory: 2 * GiB);
        farm.SubmitQueued("j", Task("a") with { Resources = new Resources(1000, 2 * GiB) });

        farm.Complete(Id("j"), Outcome.OutOfMemory, 137, "peak 2 GiB");

        Assert.Equal((Outcome.OutOfMemory, "peak 2 GiB; it had 2 GiB, and no worker that can run it has more"), (farm.Finished(Id("j")).Outcome, farm.Finished(Id("j")).Message));
    }

    [Fact]
    public void OutOfMemory_AtOneMemoryForMany_LeavesTheOthersAsTheyAre()
    {
        var farm = new Farm();
        farm.Link("w", cpus: 2, memory: 8 * GiB);
        farm.SubmitQueued("j", Task("a"), Task("b"));

        farm.Complete(Id("j"), Outcome.OutOfMemory, 137);

        Assert.Equal([GiB, 2 * GiB], farm.Desired("w").Assignments.Select(a => a.Resources.MemoryBytes).Order());
    }

    [Fact]
    public void OutOfMemory_OverARestartAndASnapshot_KeepsWhatItGot()
    {
        var farm = new Farm();
        farm.Link("w", memory: 8 * GiB);
        farm.SubmitQueued("j", Task("a"));
        farm.Complete(Id("j"), Outcome.OutOfMemory, 137);
        farm.Restart();
        farm.Link("w", memory: 8 * GiB);
        Assert.Equal(2 * GiB, farm.Desired("w").Assignments.Single().Resources.MemoryBytes);

        var restored = new SchedulerState();
        foreach (var change in farm.State.Snapshot())
        {
            restored.Apply(change);
        }

        Assert.Equal(StateFingerprint.Describe(farm.State), StateFingerprint.Describe(restored));
        farm.Complete(Id("j"), Outcome.OutOfMemory, 137);
        Assert.Equal(Outcome.OutOfMemory, farm.Finished(Id("j")).Outcome);
    }

    [Fact]
    public void Failure_WithExitCode137_IsTheTasksOwn()
    {
        var farm = new Farm();
        farm.Link("w", memory: 8 * GiB);
        farm.SubmitQueued("j", Task("a"));

        farm.Complete(Id("j"), Outcome.Failure, 137);

        Assert.Equal((Outcome.Failure, 1L), (farm.Finished(Id("j")).Outcome, farm.Finished(Id("j")).Attempt));
    }

    [Theory]
    [InlineData(0, 3, 3)]
    [InlineData(0, 20, 8)]
    [InlineData(2, 3, 2)]
    [InlineData(2, 1, 2)]
    public void Memory_LearnedFromEarlierRuns_RaisesOnlyTheDefaultAndFits(long declared, long expected, long given)
    {
        var farm = new Farm();
        farm.Link("w", memory: 8 * GiB);

        farm.SubmitQueued("j", Task("a") with { Resources = new Resources(1000, declared * GiB), ExpectedMemoryBytes = expected * GiB });

        Assert.Equal(given * GiB, farm.Desired("w").Assignments.Single().Resources.MemoryBytes);
    }

    [Fact]
    public void Memory_LearnedAndLessThanTheDefault_LeavesTheDefault()
    {
        var farm = new Farm();
        farm.Link("w", memory: 8 * GiB);

        farm.SubmitQueued("j", Task("a") with { Resources = new Resources(1000, 0), ExpectedMemoryBytes = GiB / 4 });

        Assert.Equal(GiB, farm.Desired("w").Assignments.Single().Resources.MemoryBytes);
        Assert.Equal(0, farm.Events.OfType<JobBegan>().Single().Spec.Tasks[0].Resources.MemoryBytes);
    }
}
