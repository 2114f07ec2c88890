using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests;

public sealed class ExplanationTests
{
    [Fact]
    public void Explain_EachPhase_SaysWhatItWaitsFor()
    {
        var farm = new Farm();
        farm.Submit("j", Task("a"), Task("b"), Task("c", 0, 1));
        Assert.Equal("waits for a, which is resolving, and 1 more", farm.State.Explain(Id("j", 2)));
        Assert.Equal("its action is being made", farm.State.Explain(Id("j")));

        farm.Resolve(Id("j"));
        Assert.Equal("its action is being looked up in the cache", farm.State.Explain(Id("j")));

        farm.Miss(Id("j"));
        Assert.Equal("no worker is linked in pool default", farm.State.Explain(Id("j")));

        farm.Link("w");
        Assert.Equal("runs on w, attempt 1", farm.State.Explain(Id("j")));

        farm.Complete(Id("j"), Outcome.Failure, 1, "exit 1");
        Assert.Equal("finished: Failure: exit 1", farm.State.Explain(Id("j")));
        Assert.Null(farm.State.Explain(Id("nobody")));
        Assert.Null(farm.State.Explain(Id("j", 9)));
    }

    [Fact]
    public void Explain_Queued_CountsThoseAhead()
    {
        var farm = new Farm();
        farm.Link("w");
        farm.SubmitQueued("j", Task("a"), Task("b"), Task("c"), Task("d"));

        Assert.Equal("the next of its kind in pool default: waits for cpu 1 and memory 1 GiB to come free", farm.State.Explain(Id("j", 1)));
        Assert.Equal("2 tasks of its kind are ahead in pool default", farm.State.Explain(Id("j", 3)));
    }

    [Fact]
    public void Explain_TheOnlyLargeWorkerLeft_SaysWhatIsLacking()
    {
        var farm = new Farm();
        farm.Link("large", memory: 64 * GiB);
        farm.Link("small", memory: 2 * GiB);
        farm.Submit("j", Task("a") with { Resources = new Resources(0, 32 * GiB) });
        farm.Unlink("large");
        farm.Queue(Id("j"));

        Assert.Equal("no worker now in pool default has memory 32 GiB; the largest has 2 GiB", farm.State.Explain(Id("j")));
    }
}
