using BuildFarm.Scheduling.Commands;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests;

/// <summary>Parents and children of a test.</summary>
internal static class Parents
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);
    public static readonly TaskSpec Small = Task("make") with { Resources = new Resources(1000, GiB) };

    public static Lease Parent(Farm farm, int cpus = 1)
    {
        farm.Link("w1", cpus);
        return Running(farm, Small with { Resources = new Resources(cpus * 1000, GiB) });
    }

    public static Lease Running(Farm farm, TaskSpec task)
    {
        farm.SubmitQueued("p", task);
        return farm.LeaseOf(Id("p"));
    }

    public static void Child(Farm farm, Lease parent, string name)
    {
        farm.Submit(new JobSpec(name, [Small]) { Parent = parent });
        farm.Queue(Id(name));
    }

    public static void Wait(Farm farm, Lease parent, long wait, string child) =>
        farm.Run(new WaitForChild(parent, wait, new JobId(child), 0, Bound));
}
