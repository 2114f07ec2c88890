using BuildFarm.Scheduling.Commands;
using Xunit;
using static BuildFarm.Scheduling.Tests.Explanations.Waits;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests.Explanations;

/// <summary>It waits for an exclusive name.</summary>
public sealed class NameTests
{
    private static readonly TaskSpec Home = Task("a") with { Exclusive = ["home:sage"] };

    [Fact]
    [Trait("Wait", nameof(WaitReason.ExclusiveName))]
    public void Name_ThatARunningTaskHas_SaysWhoHasItWhereAndHowManyComeBefore()
    {
        var farm = new Farm();
        farm.Link("w", cpus: 4);
        farm.SubmitQueued("j", Home);
        farm.SubmitQueued("k", Home, Home with { Name = "b" }, Home with { Name = "c" });

        AssertWaits(farm, Id("k", 0), WaitReason.ExclusiveName, "waits for 'home:sage', which a of job j has on w");
        AssertWaits(farm, Id("k", 1), WaitReason.ExclusiveName, "waits for 'home:sage', which a of job j has on w; 1 more waits for it before this one");
        AssertWaits(farm, Id("k", 2), WaitReason.ExclusiveName, "waits for 'home:sage', which a of job j has on w; 2 more wait for it before this one");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.ExclusiveName))]
    public void Name_ThatAQueuedTaskHas_SaysThatItWaitsForAWorker()
    {
        var farm = new Farm();
        farm.SubmitQueued("j", Home, Home with { Name = "b" });

        AssertWaits(farm, Id("j", 1), WaitReason.ExclusiveName, "waits for 'home:sage', which a has, and that waits for a worker");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.ExclusiveName))]
    public void Name_ThatIsFreeAndForAnOlderTask_SaysWhoStandsFirst()
    {
        var farm = new Farm();
        farm.Link("w", cpus: 4);
        farm.SubmitQueued("j", Home with { Exclusive = ["x"] }, Home with { Name = "b", Exclusive = ["x", "y"] }, Home with { Name = "c", Exclusive = ["y"] });

        AssertWaits(farm, Id("j", 2), WaitReason.ExclusiveName, "waits for 'y', for which b stands first and waits for another name");
    }

    [Fact]
    [Trait("Wait", nameof(WaitReason.ExclusiveName))]
    public void Name_OfAnAttemptThatIsBeingEnded_SaysSo()
    {
        var farm = new Farm();
        farm.Link("w", cpus: 4);
        farm.SubmitQueued("j", Home, Home with { Name = "b" });
        farm.Run(new CancelTasks(new JobId("j"), [0], ""));

        AssertWaits(farm, Id("j", 1), WaitReason.ExclusiveName, "waits for 'home:sage', which attempt e1#1 has on w, where it is being ended");
    }
}
