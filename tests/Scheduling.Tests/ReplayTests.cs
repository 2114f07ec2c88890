using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests;

public sealed class ReplayTests
{
    [Fact]
    public void Replay_EventsOfEveryKind_GivesTheStateThatWasLive()
    {
        var farm = BusyFarm();

        Assert.Equal(StateFingerprint.Describe(farm.State), StateFingerprint.Describe(farm.Replay()));
    }

    [Fact]
    public void Replay_OneEventMissing_GivesAnotherStateOrIsRefused()
    {
        var farm = BusyFarm();
        var expected = StateFingerprint.Describe(farm.State);
        var durable = farm.Events.Where(e => e.IsDurable).ToList();

        for (var missing = 0; missing < durable.Count; missing++)
        {
            // Others may leave no trace: the task was cancelled since, the job is gone.
            if (durable[missing] is not (JobBegan or ExecutionCreated or AttemptStarted or AttemptRequeued or ExecutionFinished
                or JobEnded or WorkerJoined or WorkerReturned or WorkerDisconnected or WorkerExpired or WorkerDrainChanged))
            {
                continue;
            }

            var state = new SchedulerState();
            string actual;
            try
            {
                durable.Where((_, i) => i != missing).ToList().ForEach(state.Apply);
                actual = StateFingerprint.Describe(state);
            }
            catch (InvalidOperationException)
            {
                continue;
            }

            Assert.False(string.Equals(expected, actual, StringComparison.Ordinal), $"the state does not show {durable[missing]}");
        }
    }

    [Fact]
    public void Apply_EventThatDoesNotFit_SaysWhichAndWhy()
    {
        var fault = Assert.Throws<InvalidOperationException>(() => new SchedulerState().Apply(new ExecutionAbandoned(new ExecutionId(4))));

        Assert.StartsWith("Event ExecutionAbandoned (10) does not fit the state: there is no execution e4.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resume_RunningAttempt_IsAdoptedWhenItsWorkerReturns()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));
        var lease = farm.LeaseOf(Id("j"));

        farm.Restart();
        Assert.Equal(WorkerCondition.Unlinked, Assert.Single(farm.State.Workers()).Condition);
        farm.Pass(TimeSpan.FromSeconds(20));
        farm.Link("w");
        farm.Report("w", Done(lease, result: new ResultHandle("r")));

        Assert.Equal((Outcome.Success, 1L), (farm.Finished(Id("j")).Outcome, farm.Finished(Id("j")).Attempt));
    }

    [Fact]
    public void Resume_WorkerNeverReturns_IsLost()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"));
        farm.Restart();

        farm.Pass(TimeSpan.FromSeconds(31));

        Assert.Equal(TaskPhase.Queued, farm.State.FindTask(Id("j"))!.Phase);
    }

    [Fact]
    public void Resume_UnansweredEffects_ComeAgain()
    {
        var farm = new Farm();
        farm.Submit("j", Task("resolving"), Task("looked up"));
        farm.Resolve(Id("j", 1));

        var effects = farm.Restart();

        Assert.Equal(Id("j", 0), Assert.Single(effects.OfType<ResolveTask>()).Task);
        Assert.Equal(new ActionId("j/1"), Assert.Single(effects.OfType<LookUpAction>()).Action);
    }

    [Fact]
    public void Resume_JournalEndsInsideACommand_FinishesWhatItBegan()
    {
        var farm = new Farm();
        farm.Link("w", cpus: 3);
        farm.Submit("j", Task("a"), Task("b", 0), Task("c"), Task("d"));
        farm.Submit(new JobSpec("k", [Task("x"), Task("y", 0)]));
        farm.Queue(Id("j", 0));
        farm.Queue(Id("k", 0));
        farm.Resolve(Id("j", 2), cacheable: false);
        farm.Complete(Id("j", 0), Outcome.Failure, 1);
        farm.Run(new CancelJob(new JobId("k"), ""));
        var durable = farm.Events.Where(e => e.IsDurable).ToList();

        for (var kept = 1; kept <= durable.Count; kept++)
        {
            var state = new SchedulerState();
            durable.Take(kept).ToList().ForEach(state.Apply);
            new Scheduler(farm.Options).Execute(state, new Resume(), farm.Now, _ => { });
            Assert.Empty(Invariants.InvariantChecker.FindViolations(state));
        }
    }

    [Fact]
    public void EventNumbers_OfAllKinds_AreTheOnesInJournals()
    {
        // Numbers in journals never change their meaning: add lines here, change none.
        string[] expected =
        [
            "PoolsDeclared=1", "JobBegan=2", "TaskResolving=3", "ExecutionCreated=4", "TaskMerged=5", "ExecutionQueued=6",
            "AttemptStarted=7", "AttemptRequeued=8", "ExecutionFinished=9", "ExecutionAbandoned=10", "TaskFinished=11",
            "JobCancelRequested=12", "JobEnded=13", "WorkerJoined=14", "WorkerReturned=15", "WorkerDisconnected=16", "WorkerExpired=17",
            "WorkerForgotten=18", "WorkerDrainChanged=19", "HoldingDropped=20", "WorkerReserved=21", "BandAged=22",
            "WorkerEvicted=31", "WorkerReadmitted=32",
            "CopyStarted=40", "CopyEnded=41", "NamesTaken=42", "ParentWaiting=43", "ParentResuming=44", "ParentResumed=45",
            "LocalRunEnded=46",
            "WorkerQuarantined=130", "WorkerReleased=131",
            "StateRestored=901", "PoolRestored=902", "WorkerRestored=903", "JobRestored=904", "ExecutionRestored=905", "TasksRestored=906",
            "WorkerDeadlineSet=1001", "AgingSet=1002", "CompletionRefused=1003", "JobAlarmSet=1004",
            "HoldingWatched=1011", "QuarantineAlarmSet=1030", "StragglerAlarmSet=1040", "WaitAlarmSet=1041",
        ];

        Assert.Equal(expected, Enum.GetValues<EventNumber>().Where(n => n != EventNumber.None).Select(n => $"{n}={(int)n}"));
        var kinds = typeof(Event).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Event))).Select(t => t.Name).Order(StringComparer.Ordinal);
        Assert.Equal(Enum.GetNames<EventNumber>().Where(n => n != "None").Order(StringComparer.Ordinal), kinds);
    }

    internal static Farm BusyFarm()
    {
        var farm = new Farm(new SchedulerOptions { OvertakenLimit = 1, CopyMinimum = TimeSpan.FromSeconds(5) });
        farm.Link("w1", cpus: 2);
        farm.Link("w2");
        farm.Submit(new JobSpec("done", [Task("a")]), "key");
        farm.Resolve(Id("done"), "hit");
        farm.Hit(Id("done"));
        farm.Submit("j", Task("a"), Task("b", 0), Task("c"), Task("d") with { Retries = 1 }, Task("e"), Task("f") with { Priority = 3 });
        farm.Queue(Id("j", 0));
        farm.Queue(Id("j", 2));
        farm.Queue(Id("j", 3));
        farm.Submit(new JobSpec("k", [Task("big") with { Resources = new Resources(2000, GiB) }]) { Priority = 5 }, "other key");
        farm.Queue(Id("k"));
        farm.Resolve(Id("j", 4), "j/2");
        farm.Complete(Id("j", 3), Outcome.Failure, 1);
        farm.Complete(Id("j", 3), Outcome.Infrastructure, message: "disk full");
        farm.Complete(Id("j", 0));
        farm.Run(new CancelTasks(new JobId("j"), [2], "enough"));
        farm.Resolve(Id("j", 5), cacheable: false);
        farm.Run(new DrainWorker(new WorkerId("w2"), Drain: true));
        farm.Submit("cancelled", Task("a"), Task("b"));
        farm.Queue(Id("cancelled"));
        farm.Run(new CancelJob(new JobId("cancelled"), "why not"));
        farm.Link("w3");
        farm.Unlink("w3");
        farm.Link("w3");
        farm.Link("w4");
        farm.Unlink("w4");
        farm.Pass(TimeSpan.FromSeconds(12));
        farm.Report("w1");
        return WithNames(WithCopies(farm));
    }

    /// <summary>One has a name and runs, one has a name and waits for a worker, two wait for names.</summary>
    private static Farm WithNames(Farm farm)
    {
        var named = Task("a") with { Exclusive = ["home:sage"], Priority = 900 };
        farm.Link("named1");
        farm.SubmitQueued("running", named);
        farm.SubmitQueued("taken", named with { Exclusive = ["licence"], Priority = -900 });
        farm.SubmitQueued("waiting", named with { Exclusive = ["home:sage", "licence"] }, named with { Name = "b", Exclusive = ["licence"] });
        return farm;
    }

    /// <summary>Of two that take too long, one wins by its copy and one goes on with the copy alone; a third has both.</summary>
    private static Farm WithCopies(Farm farm)
    {
        var slow = Task("slow") with { ExpectedDuration = TimeSpan.FromSeconds(1), Priority = 900 };
        foreach (var job in (string[])["won", "lost", "both"])
        {
            farm.Link($"{job}1");
            farm.SubmitQueued(job, slow);
            farm.Link($"{job}2");
            farm.Freeze(TimeSpan.FromSeconds(7));
            farm.Run(new Tick());
        }

        farm.Report("won2", [.. farm.Desired("won2").Assignments.Select(a => Done(a.Lease, result: new ResultHandle("won")))]);
        farm.Report("lost1", [.. farm.Desired("lost1").Assignments.Select(a => Done(a.Lease, Outcome.Infrastructure))]);
        return farm;
    }
}
