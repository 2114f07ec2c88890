using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests;

/// <summary>Second attempts of what takes too long.</summary>
public sealed class CopyTests
{
    private static readonly TaskSpec Slow = Task("slow") with { ExpectedDuration = TimeSpan.FromSeconds(20) };
    private static readonly TaskId Id1 = Id("j");

    [Fact]
    public void Execution_ThriceAsLongAsExpected_GetsASecondAttemptElsewhere()
    {
        var farm = Alone();

        Pass(farm, TimeSpan.FromSeconds(59));
        Assert.Empty(farm.Assigned("w2"));
        Pass(farm, TimeSpan.FromSeconds(2));

        Assert.Equal([Id1], farm.Assigned("w1"));
        Assert.Equal([Id1], farm.Assigned("w2"));
        Assert.Equal(2, farm.Desired("w2").Assignments[0].Lease.Epoch);
        Assert.Equal("runs on w1, attempt 1, and on w2, attempt 2, because the first takes long", farm.State.Explain(Id1));
        Assert.Equal("w1", farm.State.FindTask(Id1)!.Worker!.Value.Value);
    }

    [Fact]
    public void Execution_ExpectedToBeShort_RunsForTheMinimumFirst()
    {
        var farm = Alone(Slow with { ExpectedDuration = TimeSpan.FromSeconds(1) });

        Pass(farm, TimeSpan.FromSeconds(29));
        Assert.Empty(farm.Assigned("w2"));
        Pass(farm, TimeSpan.FromSeconds(2));

        Assert.Equal([Id1], farm.Assigned("w2"));
    }

    [Theory]
    [InlineData("nobody knows how long it takes")]
    [InlineData("it must not run twice")]
    [InlineData("copies are off")]
    [InlineData("one more loss of each would be more than it may lose")]
    public void Execution_ThatMayHaveNoCopy_RunsAlone(string why)
    {
        var farm = why switch
        {
            "nobody knows how long it takes" => Alone(Slow with { ExpectedDuration = TimeSpan.Zero }),
            "it must not run twice" => Alone(Slow with { Cacheable = false }),
            "copies are off" => Alone(Slow, new SchedulerOptions { CopyFactor = 0 }),
            _ => Alone(Slow, new SchedulerOptions { InfrastructureBudget = 1 }),
        };

        Pass(farm, TimeSpan.FromHours(1));

        Assert.Equal([Id1], farm.Assigned("w1"));
        Assert.Empty(farm.Assigned("w2"));
    }

    [Fact]
    public void Execution_WhoseLateAttemptEndsInTheCommandThatFindsIt_GetsNoCopyOfTheNext()
    {
        var farm = Alone(Slow with { Retries = 1 });
        farm.Link("w3");
        Pass(farm, TimeSpan.FromSeconds(59));

        farm.Freeze(TimeSpan.FromSeconds(2));
        farm.Report("w1", Done(farm.LeaseOf(Id1), Outcome.Failure, exitCode: 1));

        Assert.Equal(Id1, Assert.Single(farm.Assigned("w2").AddRange(farm.Assigned("w3"))));
    }

    [Fact]
    public void Copy_ThatSucceedsFirst_WinsAndTheOtherIsEnded()
    {
        var farm = WithCopy();

        var effects = farm.Report("w2", Done(farm.Desired("w2").Assignments[0].Lease, result: new ResultHandle("by w2")));

        var task = farm.Finished(Id1);
        Assert.Equal((Outcome.Success, "w2", 2L, "by w2"), (task.Outcome, task.Worker!.Value.Value, task.Attempt, task.Result!.Value.Key));
        Assert.Empty(farm.Assigned("w1"));
        Assert.Contains(effects, e => e is DesiredStateChanged { Worker.Value: "w1" });
        var store = Assert.Single(farm.Effects.OfType<StoreAction>());
        Assert.Equal((2L, "w2"), (store.Lease.Epoch, store.Worker.Value));
        Assert.Equal(1000, farm.InUse("w1").CpuMillis);
        farm.Report("w1");
        Assert.Equal(0, farm.InUse("w1").CpuMillis);
    }

    [Fact]
    public void FirstAttempt_ThatSucceedsAfterAll_WinsAndTheCopyIsEnded()
    {
        var farm = WithCopy();
        var late = farm.Desired("w2").Assignments[0].Lease;

        farm.Report("w1", Done(farm.Desired("w1").Assignments[0].Lease, result: new ResultHandle("by w1")));
        farm.Report("w2", Done(late, result: new ResultHandle("by w2")));

        Assert.Equal(("w1", 1L), (farm.Finished(Id1).Worker!.Value.Value, farm.Finished(Id1).Attempt));
        Assert.Equal(1, farm.State.Counters.CompletionsAccepted);
        Assert.Equal(1, farm.State.Counters.CompletionsRefused);
        farm.Report("w2");
        Assert.Equal(0, farm.InUse("w2").CpuMillis);
    }

    [Theory]
    [InlineData("w1")]
    [InlineData("w2")]
    public void OneOfTwo_ThatFails_EndsNothingAndIsNotCharged(string fails)
    {
        var farm = WithCopy();
        var lives = fails == "w1" ? "w2" : "w1";

        farm.Report(fails, Done(farm.Desired(fails).Assignments[0].Lease, Outcome.Failure, 1, new ResultHandle("failed")));

        Assert.Equal(TaskPhase.Running, farm.State.FindTask(Id1)!.Phase);
        Assert.Equal(lives, farm.State.FindTask(Id1)!.Worker!.Value.Value);
        farm.Report(lives, Done(farm.Desired(lives).Assignments[0].Lease, result: new ResultHandle("won")));
        Assert.Equal(Outcome.Success, farm.Finished(Id1).Outcome);
    }

    [Fact]
    public void BothOfTwo_ThatFail_AreOneFailureOfTheTask()
    {
        var farm = WithCopy(Slow with { Retries = 1 });
        farm.Report("w1", Done(farm.Desired("w1").Assignments[0].Lease, Outcome.Failure, 1));
        farm.Report("w2", Done(farm.Desired("w2").Assignments[0].Lease, Outcome.Failure, 1));
        Assert.Equal(3, farm.State.FindTask(Id1)!.Attempt);

        farm.Complete(Id1, Outcome.Failure, 1);

        Assert.Equal((Outcome.Failure, 3L), (farm.Finished(Id1).Outcome, farm.Finished(Id1).Attempt));
    }

    [Fact]
    public void BothOfTwo_ThatAreLost_AreTwoLosses()
    {
        var farm = WithCopy();
        farm.Report("w1", Done(farm.Desired("w1").Assignments[0].Lease, Outcome.Infrastructure, message: "disk full"));
        Assert.Equal(TaskPhase.Running, farm.State.FindTask(Id1)!.Phase);
        farm.Report("w2", Done(farm.Desired("w2").Assignments[0].Lease, Outcome.Infrastructure, message: "disk full"));

        farm.Complete(Id1, Outcome.Infrastructure);

        Assert.Equal(Outcome.Infrastructure, farm.Finished(Id1).Outcome);
        Assert.Equal(3, farm.State.Counters.AttemptsLost);
    }

    [Fact]
    public void Worker_ThatIsLostWithOneOfTwo_LeavesTheOther()
    {
        var farm = WithCopy();
        farm.Link("w1", incarnation: "2");

        Assert.Equal("w2", farm.State.FindTask(Id1)!.Worker!.Value.Value);
        Assert.Empty(farm.Assigned("w1"));
    }

    [Fact]
    public void Worker_ThatLostTheExecution_GetsNoCopyOfIt()
    {
        var farm = WithCopy();
        farm.Report("w1", Done(farm.Desired("w1").Assignments[0].Lease, Outcome.Infrastructure));

        Pass(farm, TimeSpan.FromHours(1));

        Assert.Empty(farm.Assigned("w1"));
    }

    [Fact]
    public void Copy_WhileSomethingWaits_IsNotStarted()
    {
        var farm = Alone();
        farm.Link("w3", cpus: 2);
        farm.SubmitQueued("big", Task("big") with { Resources = new Resources(2000, GiB) }, Task("big2") with { Resources = new Resources(2000, GiB) });

        Pass(farm, TimeSpan.FromMinutes(5));
        Assert.DoesNotContain(farm.Events, e => e is CopyStarted);
        farm.Complete(farm.Assigned("w3")[0]);
        Pass(farm, TimeSpan.FromSeconds(6));

        Assert.Single(farm.Events.OfType<CopyStarted>());
    }

    [Fact]
    public void Copies_OfMany_HoldABoundedShareOfThePool()
    {
        var farm = new Farm(new SchedulerOptions { CopyPercent = 20 });
        farm.Link("slow", cpus: 10, memory: 100 * GiB);
        farm.SubmitQueued("j", [.. Enumerable.Range(0, 10).Select(i => Slow with { Name = $"t{i}" })]);
        farm.Link("fast", cpus: 10, memory: 100 * GiB);

        Pass(farm, TimeSpan.FromMinutes(5));

        Assert.Equal(4, farm.Assigned("fast").Length);
        farm.Report("fast", [.. farm.Desired("fast").Assignments.Select(a => Done(a.Lease, result: new ResultHandle("r")))]);
        Pass(farm, TimeSpan.FromSeconds(10), "slow");
        Assert.Equal(4, farm.Assigned("fast").Length);
    }

    [Fact]
    public void Job_CancelledWithTwoAttempts_EndsBoth()
    {
        var farm = WithCopy();

        farm.Run(new CancelJob(new JobId("j"), ""));

        Assert.Empty(farm.Assigned("w1"));
        Assert.Empty(farm.Assigned("w2"));
    }

    [Fact]
    public void Coordinator_ThatComesBack_KeepsBothAndWatchesTheOthers()
    {
        var farm = WithCopy();
        farm.Restart();
        farm.Link("w1");
        farm.Link("w2");
        Assert.Equal([Id1], farm.Assigned("w1"));
        Assert.Equal([Id1], farm.Assigned("w2"));

        farm.Report("w1", Done(farm.Desired("w1").Assignments[0].Lease, Outcome.Failure, 1));
        farm.Link("w3");
        Pass(farm, TimeSpan.FromSeconds(70));

        Assert.Single(farm.Assigned("w1").Concat(farm.Assigned("w3")));
        Assert.Equal([Id1], farm.Assigned("w2"));
    }

    private static Farm Alone(TaskSpec? task = null, SchedulerOptions? options = null)
    {
        var farm = new Farm(options);
        farm.Link("w1");
        farm.SubmitQueued("j", task ?? Slow);
        farm.Link("w2");
        return farm;
    }

    private static Farm WithCopy(TaskSpec? task = null)
    {
        var farm = Alone(task);
        Pass(farm, TimeSpan.FromSeconds(61));
        Assert.Equal([Id1], farm.Assigned("w2"));
        return farm;
    }

    /// <summary>Lets time pass while every worker is heard.</summary>
    private static void Pass(Farm farm, TimeSpan time, params string[] workers)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromSeconds(10))
        {
            farm.Pass(left < TimeSpan.FromSeconds(10) ? left : TimeSpan.FromSeconds(10));
            foreach (var worker in workers.Length > 0 ? workers : [.. farm.State.Workers().Select(w => w.Id.Value)])
            {
                farm.Report(worker, [.. farm.Desired(worker).Assignments.Select(a => Running(a.Lease))]);
            }
        }
    }
}
