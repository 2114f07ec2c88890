using Xunit;
using static BuildFarm.Scheduling.Tests.Explanations.Waits;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests.Explanations;

/// <summary>Others go first.</summary>
public sealed class LineTests
{
    [Fact]
    [Trait("Wait", nameof(WaitReason.Line))]
    public void OwnJob_ThatGoesFirst_IsCounted()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"), Task("b"), Task("c"), Task("d"));

        AssertWaits(farm, Id("j", 1), WaitReason.Room, "waits for cpu 1 in pool default: w has 0 free; a holds the rest");
        AssertWaits(farm, Id("j", 2), WaitReason.Line, "1 task goes first in pool default: 1 of its own job");
        AssertWaits(farm, Id("j", 3), WaitReason.Line, "2 tasks go first in pool default: 2 of its own job");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.Line))]
    public void HigherPriority_SaysHowManyAndWhose()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("runs", Task("a"));
        Ask(farm, "urgent1", Task("a"), priority: 5, submitter: "ann@laptop");
        Ask(farm, "urgent2", Task("a"), priority: 4, submitter: "bob@desk");
        var waits = Ask(farm, "j", Task("b"), submitter: "cid@desk");

        AssertWaits(farm, waits, WaitReason.Line, "2 tasks go first in pool default: 2 of higher priority (ann@laptop and bob@desk)");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.Line))]
    public void FairShare_SaysHowManyAndWhose()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("runs", Task("a"));
        farm.Submit(new JobSpec("ann", [Task("a"), Task("b"), Task("c")]) { Submitter = "ann@laptop" });
        farm.Submit(new JobSpec("bob", [Task("x"), Task("y")]) { Submitter = "bob@desk" });
        for (var i = 0; i < 3; i++)
        {
            farm.Queue(Id("ann", i));
        }

        farm.Queue(Id("bob", 0));
        farm.Queue(Id("bob", 1));

        // They take turns: one of ann's, one of bob's, another of ann's, and then this.
        AssertWaits(farm, Id("bob", 1), WaitReason.Line, "3 tasks go first in pool default: 2 by fair share (ann@laptop), 1 of its own job");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.Line))]
    public void Waiting_ThatHasRaisedItsPriority_IsSaid()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("runs", Task("a"));
        Ask(farm, "urgent", Task("a"), priority: 5);
        var waits = Ask(farm, "j", Task("b"));
        for (var i = 0; i < 3; i++)
        {
            farm.Pass(TimeSpan.FromSeconds(55));
            farm.Report("w", Running(farm.LeaseOf(Id("runs"))));
        }

        AssertWaits(farm, waits, WaitReason.Line, "1 task goes first in pool default: 1 of higher priority; waiting has raised its priority from 0 to 2");
    }

    [Fact]
    public void OtherKinds_ThatGoFirst_AreCountedBesideTheRoom()
    {
        var farm = new Farm();
        farm.Link("w", cpus: 2);
        farm.SubmitQueued("runs", Sized("a", 2, 1));
        Ask(farm, "urgent", Sized("a", 2, 2), priority: 5, submitter: "ann@laptop");
        var waits = Ask(farm, "j", Task("b"));

        AssertWaits(
            farm,
            waits,
            WaitReason.Room,
            "waits for cpu 1 in pool default: w has 0 free; a of job runs holds the rest; 1 of other kinds goes first: 1 of higher priority (ann@laptop)");
    }
}
