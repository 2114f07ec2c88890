using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests.Explanations;

/// <summary>What the tests of explanations have in common.</summary>
internal static class Waits
{
    public static TaskSpec Sized(string name, int cpus, int gibibytes) =>
        Task(name) with { Resources = new Resources(cpus * 1000L, gibibytes * GiB) };

    /// <summary>A task waits by this rule, and says so.</summary>
    public static void AssertWaits(Farm farm, TaskId task, WaitReason reason, string text)
    {
        var wait = farm.State.WaitOf(task);
        Assert.Equal(text, wait?.Text);
        Assert.Equal(reason, wait?.Reason);
    }

    /// <summary>The worker is gone for longer than the grace.</summary>
    public static void Lose(Farm farm, string worker)
    {
        farm.Unlink(worker);
        farm.Pass(farm.Options.UnlinkGrace + TimeSpan.FromSeconds(1));
    }

    /// <summary>A job of one task, queued, for somebody.</summary>
    public static TaskId Ask(Farm farm, string job, TaskSpec task, int priority = 0, string submitter = "")
    {
        farm.Submit(new JobSpec(job, [task]) { Priority = priority, Submitter = submitter });
        farm.Queue(Id(job));
        return Id(job);
    }
}
