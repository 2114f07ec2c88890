using Xunit;
using static BuildFarm.Scheduling.Tests.Explanations.Waits;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests.Explanations;

/// <summary>Before a task waits for a worker: its needs, its action, the cache; and after it has one.</summary>
public sealed class GraphTests
{
    [Fact]
    [Trait("Wait", nameof(WaitReason.Needs))]
    public void Needs_ThatHaveNotSucceeded_AreNamedWithWhereTheyAre()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.Submit("j", Task("a"), Task("b"), Task("c"), Task("d"), Task("e", 0, 1, 2, 3));
        farm.Queue(Id("j", 0));
        farm.Queue(Id("j", 1));
        AssertWaits(farm, Id("j", 4), WaitReason.Needs, "waits for a (running), b (queued) and 2 more");

        farm.Complete(Id("j", 0));

        AssertWaits(farm, Id("j", 4), WaitReason.Needs, "waits for b (running), c (resolving) and 1 more");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.Needs))]
    public void Need_ThatWaitsItself_IsSaidToWait()
    {
        var farm = new Farm();
        farm.Submit("j", Task("a"), Task("b", 0), Task("c", 1));

        AssertWaits(farm, Id("j", 2), WaitReason.Needs, "waits for b (waiting)");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.Resolving))]
    public void Action_ThatIsBeingMade_IsSaid()
    {
        var farm = new Farm();
        farm.Submit("j", Task("a"));

        AssertWaits(farm, Id("j"), WaitReason.Resolving, "its action is being made of its command and its inputs");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.LookUp))]
    public void Action_ThatIsBeingLookedUp_IsSaid()
    {
        var farm = new Farm();
        farm.Submit("j", Task("a"));
        farm.Resolve(Id("j"));

        AssertWaits(farm, Id("j"), WaitReason.LookUp, "its action is being looked up in the cache");
    }

    [Fact]
    public void EqualAction_ThatIsInFlight_IsNamedWithWhatItWaitsFor()
    {
        var farm = new Farm();
        farm.Submit("j", Task("a"), Task("b"));
        farm.Submit("k", Task("c"));
        farm.Resolve(Id("j", 0), "same");
        farm.Resolve(Id("j", 1), "same");
        farm.Resolve(Id("k"), "same");
        AssertWaits(farm, Id("j", 1), WaitReason.LookUp, "takes the result of a, whose action is the same: its action is being looked up in the cache");

        farm.Miss(Id("j"));
        AssertWaits(
            farm,
            Id("k"),
            WaitReason.NoWorker,
            "takes the result of a of job j, whose action is the same: pool default has no worker: it waits until one comes with cpu 1 and memory 1 GiB");

        farm.Link("w");
        AssertWaits(farm, Id("k"), WaitReason.None, "takes the result of a of job j, whose action is the same: runs on w, attempt 1");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.None))]
    public void Task_ThatRunsOrHasFinished_SaysWhereAndHow()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"), Task("b"));
        AssertWaits(farm, Id("j"), WaitReason.None, "runs on w, attempt 1");

        farm.Complete(Id("j"), Outcome.Failure, 1, "exit 1");

        AssertWaits(farm, Id("j"), WaitReason.None, "finished: Failure: exit 1");
    }

    [Fact]
    public void Task_ThatTheStateDoesNotKnow_HasNoExplanation()
    {
        var farm = new Farm();
        farm.Submit("j", Task("a"));

        Assert.Null(farm.State.Explain(Id("nobody")));
        Assert.Null(farm.State.Explain(Id("j", 9)));
    }
}
