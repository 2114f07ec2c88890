using BuildFarm.Scheduling.Effects;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests;

public sealed class DependencyTests
{
    [Fact]
    public void Success_LastNeedMet_ResolvesTheDependent()
    {
        var farm = new Farm();
        farm.Link("w", cpus: 2);
        farm.Submit("j", Task("a"), Task("b"), Task("c", 0, 1));
        farm.Queue(Id("j", 0));
        farm.Queue(Id("j", 1));

        Assert.Empty(farm.Complete(Id("j", 0)).OfType<ResolveTask>());
        Assert.Equal(Id("j", 2), Assert.Single(farm.Complete(Id("j", 1)).OfType<ResolveTask>()).Task);
    }

    [Fact]
    public void Failure_Dependents_AreCancelledTransitively()
    {
        var farm = new Farm();
        farm.Link("w", cpus: 2);
        farm.Submit("j", Task("a"), Task("b", 0), Task("c", 1), Task("other"));
        farm.Queue(Id("j", 0));

        farm.Complete(Id("j", 0), Outcome.Failure, 1);

        Assert.Equal((Outcome.Cancelled, "needs a, which failed"), (farm.Finished(Id("j", 1)).Outcome, farm.Finished(Id("j", 1)).Message));
        Assert.Equal("needs b, which was cancelled", farm.Finished(Id("j", 2)).Message);
        Assert.Equal(TaskPhase.Resolving, farm.State.FindTask(Id("j", 3))!.Phase);
    }

    [Fact]
    public void Job_AllTasksFinished_LeavesWithEverythingTold()
    {
        var farm = new Farm();
        farm.Link("w", cpus: 4);
        farm.Submit("j", Task("ok"), Task("bad"), Task("needs bad", 1), Task("slow"));
        foreach (var i in (int[])[0, 1, 3])
        {
            farm.Queue(Id("j", i));
        }

        farm.Complete(Id("j", 0));
        farm.Complete(Id("j", 1), Outcome.Failure, 1);
        farm.Complete(Id("j", 3), Outcome.Timeout);

        Assert.Empty(farm.State.Jobs());
        var job = farm.FinishedJob("j");
        Assert.Equal(new JobCounts(4, 1, 1, 1, 0, 0, 1, 0, 0, 3), job.Counts);
        Assert.Equal(job.Counts.Submitted, job.Counts.Finished);
        Assert.All(job.Tasks, task => Assert.Equal(TaskPhase.Finished, task.Phase));
        Assert.IsType<JobFinished>(farm.Effects.Last(e => e is JobFinished or TaskChanged));
    }

    [Fact]
    public void FailFast_FirstFailure_CancelsWhatHasNotStarted()
    {
        var farm = new Farm();
        farm.Link("w", cpus: 2);
        farm.Submit(new JobSpec("j", [Task("bad"), Task("running"), Task("queued"), Task("resolving"), Task("waiting", 1)]) { FailFast = true });
        farm.Queue(Id("j", 0));
        farm.Queue(Id("j", 1));
        farm.Queue(Id("j", 2));

        farm.Complete(Id("j", 0), Outcome.Failure, 1);

        Assert.All([2, 3, 4], i => Assert.Equal("the job stops at its first failure: bad failed", farm.Finished(Id("j", i)).Message));
        Assert.Equal(TaskPhase.Running, farm.State.FindTask(Id("j", 1))!.Phase);
        farm.Complete(Id("j", 1));
        Assert.Equal((1, 1, 3), (farm.FinishedJob("j").Counts.Succeeded, farm.FinishedJob("j").Counts.Failed, farm.FinishedJob("j").Counts.Cancelled));
    }

    [Fact]
    public void Failure_WithoutFailFast_OthersGoOn()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("bad"), Task("next"));

        farm.Complete(Id("j", 0), Outcome.Failure, 1);

        Assert.Equal(Id("j", 1), Assert.Single(farm.Assigned("w")));
    }

    [Fact]
    public void Needs_SameTaskNamedTwice_IsMetOnce()
    {
        var farm = new Farm();
        farm.Submit("j", Task("a"), Task("b", 0, 0));
        farm.Resolve(Id("j"));

        Assert.Single(farm.Hit(Id("j")).OfType<ResolveTask>());
    }
}
