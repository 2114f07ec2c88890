using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests;

public sealed class CompletionTests
{
    [Fact]
    public void Completion_DeliveredTwice_HasOneEffect()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.Submit("j", Task("a"), Task("b", 0));
        farm.Queue(Id("j"));
        var done = Done(farm.LeaseOf(Id("j")), result: new ResultHandle("r"));
        farm.ReportAt("w", 1, done);

        var again = farm.ReportAt("w", 1, done);

        Assert.Empty(again);
        Assert.Equal((1, 0), (farm.State.Counters.CompletionsAccepted, farm.State.Counters.CompletionsRefused));
        Assert.Single(farm.Effects.OfType<StoreAction>());
    }

    [Fact]
    public void Completion_StaleEpoch_IsRefusedAndCountedOnce()
    {
        var farm = new Farm();
        farm.Link("w1");
        farm.SubmitQueued("j", Task("a"));
        var stale = Done(farm.LeaseOf(Id("j")), result: new ResultHandle("late"));
        farm.Link("w2");
        farm.Pass(TimeSpan.FromSeconds(29));
        farm.Report("w2");
        farm.Pass(TimeSpan.FromSeconds(2));
        farm.Link("w1");

        farm.ReportAt("w1", 1, stale);
        farm.ReportAt("w1", 1, stale);

        Assert.Equal((TaskPhase.Running, 2L), (farm.State.FindTask(Id("j"))!.Phase, farm.State.FindTask(Id("j"))!.Attempt));
        Assert.Equal(1, farm.State.Counters.CompletionsRefused);
        Assert.Empty(farm.Effects.OfType<StoreAction>());
    }

    [Fact]
    public void Completion_LeaseOfAnotherWorker_IsRefused()
    {
        var farm = new Farm();
        farm.Link("w1");
        farm.Link("w2");
        farm.SubmitQueued("j", Task("a"));

        farm.Report("w2", Done(farm.LeaseOf(Id("j"))));

        Assert.Equal(TaskPhase.Running, farm.State.FindTask(Id("j"))!.Phase);
        Assert.Equal(1, farm.State.Counters.CompletionsRefused);
    }

    [Fact]
    public void Completion_Share_IsFreeAtOnceAndTheNextTaskStarts()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"), Task("b"));

        farm.Complete(Id("j", 0));

        Assert.Equal([Id("j", 1)], farm.Assigned("w"));
    }

    [Fact]
    public void Infrastructure_OfOneWorker_TriesAnother()
    {
        var farm = new Farm();
        farm.Link("w1", cpus: 2);
        farm.Link("w2", cpus: 2);
        farm.SubmitQueued("j", Task("a"));

        farm.Complete(Id("j"), Outcome.Infrastructure, message: "disk full");

        var task = farm.State.FindTask(Id("j"))!;
        Assert.Equal((TaskPhase.Running, 2L, new WorkerId("w2")), (task.Phase, task.Attempt, task.Worker));
        Assert.Contains(farm.Effects.OfType<TaskChanged>(), e => e.Task is { Phase: TaskPhase.Queued, Message: "disk full" });
    }

    [Fact]
    public void Infrastructure_OnlyOneWorker_TriesItAgain()
    {
        var farm = new Farm();
        farm.Link("w1");
        farm.SubmitQueued("j", Task("a"));

        farm.Complete(Id("j"), Outcome.Infrastructure);

        Assert.Equal(2, Assert.Single(farm.Desired("w1").Assignments).Lease.Epoch);
    }

    [Fact]
    public void Infrastructure_OtherWorkerIsBusy_WaitsForIt()
    {
        var farm = new Farm();
        farm.Link("w1");
        farm.Link("w2");
        farm.SubmitQueued("j", Task("a"), Task("b"));

        farm.Complete(Id("j", 0), Outcome.Infrastructure);
        Assert.Equal(TaskPhase.Queued, farm.State.FindTask(Id("j", 0))!.Phase);
        farm.Complete(Id("j", 1));

        Assert.Equal([Id("j", 0)], farm.Assigned("w2"));
    }

    [Fact]
    public void Infrastructure_TheOtherWorkerLeaves_GoesBack()
    {
        var farm = new Farm();
        farm.Link("w1");
        farm.Link("w2");
        farm.SubmitQueued("j", Task("a"), Task("b"));
        farm.Complete(Id("j", 0), Outcome.Infrastructure);

        farm.Unlink("w2");

        Assert.Equal([Id("j", 0)], farm.Assigned("w1"));
    }

    [Fact]
    public void Infrastructure_BudgetSpent_EndsTheTask()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));

        farm.Complete(Id("j"), Outcome.Infrastructure);
        farm.Complete(Id("j"), Outcome.Infrastructure);
        farm.Complete(Id("j"), Outcome.Infrastructure, message: "no space left");

        var task = farm.Finished(Id("j"));
        Assert.Equal((Outcome.Infrastructure, 3L), (task.Outcome, task.Attempt));
        Assert.Equal("3 attempts were lost for reasons of the farm; the last: no space left", task.Message);
        Assert.Equal(3, farm.FinishedJob("j").Counts.Attempts);
    }

    [Fact]
    public void WorkerLost_TaskThatKillsEveryWorker_EndsAfterThree()
    {
        var farm = new Farm();
        farm.SubmitQueued("j", Task("killer"), Task("innocent"));
        for (var i = 1; i <= 3; i++)
        {
            farm.Link($"w{i}");
            Assert.Equal([Id("j", 0)], farm.Assigned($"w{i}"));
            farm.Unlink($"w{i}");
            farm.Pass(TimeSpan.FromSeconds(11));
        }

        Assert.Equal((Outcome.Infrastructure, "in quarantine: 3 workers were lost while they ran it, on the last of them alone: w1, w2, w3"), (farm.Finished(Id("j")).Outcome, farm.Finished(Id("j")).Message));
        farm.Link("w4");
        Assert.Equal([Id("j", 1)], farm.Assigned("w4"));
    }

    [Fact]
    public void Cancelled_ByADrainingWorker_IsRequeuedWithoutCharge()
    {
        var farm = new Farm();
        farm.SubmitQueued("j", Task("a"));
        for (var i = 0; i < 5; i++)
        {
            farm.Link($"w{i}");
            farm.Drain($"w{i}", Done(farm.LeaseOf(Id("j")), Outcome.Cancelled));
        }

        Assert.Equal(TaskPhase.Queued, farm.State.FindTask(Id("j"))!.Phase);
    }

    [Fact]
    public void Cancelled_ByAWorkerThatDoesNotDrain_IsCharged()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));

        for (var i = 0; i < 3; i++)
        {
            farm.Complete(Id("j"), Outcome.Cancelled);
        }

        Assert.Equal(Outcome.Infrastructure, farm.Finished(Id("j")).Outcome);
    }

    [Theory]
    [InlineData(Outcome.Failure)]
    [InlineData(Outcome.Timeout)]
    [InlineData(Outcome.ResourceLimit)]
    public void TasksOwnFailure_NoRetries_IsFinal(Outcome outcome)
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));

        farm.Complete(Id("j"), outcome, 2, "evidence");

        Assert.Equal((outcome, 2, "evidence"), (farm.Finished(Id("j")).Outcome, farm.Finished(Id("j")).ExitCode, farm.Finished(Id("j")).Message));
    }

    [Fact]
    public void TasksOwnFailure_WithRetries_IsTriedThatOften()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("flaky") with { Retries = 2 });

        farm.Complete(Id("j"), Outcome.Failure, 1);
        farm.Complete(Id("j"), Outcome.Timeout);
        Assert.Equal(3, farm.State.FindTask(Id("j"))!.Attempt);
        farm.Complete(Id("j"), Outcome.Failure, 5);

        Assert.Equal((Outcome.Failure, 5, 3L), (farm.Finished(Id("j")).Outcome, farm.Finished(Id("j")).ExitCode, farm.Finished(Id("j")).Attempt));
    }

    [Fact]
    public void Completion_WhileUnlinked_IsTaken()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));
        var lease = farm.LeaseOf(Id("j"));
        farm.Unlink("w");

        farm.Report("w", Done(lease));

        Assert.Equal(Outcome.Success, farm.Finished(Id("j")).Outcome);
    }

    [Fact]
    public void Completion_Forgotten_LeavesTheWorkersList()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));
        farm.Complete(Id("j"));
        Assert.Empty(farm.Events.OfType<HoldingDropped>());

        farm.Report("w");

        Assert.Single(farm.Events.OfType<HoldingDropped>());
    }
}
