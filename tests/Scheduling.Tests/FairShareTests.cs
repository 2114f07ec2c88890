using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Events;
using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests;

public sealed class FairShareTests
{
    [Fact]
    public void Jobs_OfOneSubmitter_TakeTurns()
    {
        var farm = new Farm();
        Submit(farm, "big", "ann", tasks: 50);
        Submit(farm, "small", "ann", tasks: 3);
        farm.Link("w");

        Assert.Equal(["big", "small", "big", "small", "big", "small", "big", "big"], Run(farm, 8, seconds: 10));
    }

    [Fact]
    public void Submitters_OfOneAndOfManyJobs_GetTheSame()
    {
        var farm = new Farm();
        for (var i = 0; i < 5; i++)
        {
            Submit(farm, $"many{i}", "ann", tasks: 20);
        }

        Submit(farm, "one", "bob", tasks: 40);
        farm.Link("w");

        var started = Run(farm, 40, seconds: 10);

        Assert.InRange(started.Count(job => job == "one"), 18, 22);
        Assert.All(Enumerable.Range(0, 5), i => Assert.InRange(started.Count(job => job == $"many{i}"), 3, 5));
    }

    [Fact]
    public void LaterJob_BesideALongOne_DoesNotWaitUntilItEnds()
    {
        var farm = new Farm();
        Submit(farm, "old", "ann", tasks: 60);
        farm.Link("w");
        Run(farm, 30, seconds: 10);

        Submit(farm, "new", "bob", tasks: 5);

        // Neither makes up for the time before: they take turns from now on.
        Assert.Equal(5, Run(farm, 11, seconds: 10).Count(job => job == "new"));
    }

    [Fact]
    public void CpuTime_NotTheNumberOfTasks_IsShared()
    {
        var farm = new Farm();
        Submit(farm, "long", "ann", tasks: 40);
        Submit(farm, "short", "bob", tasks: 200);
        farm.Link("w");

        var started = new List<string>();
        while (started.Count < 60)
        {
            var task = Assert.Single(farm.Assigned("w"));
            started.Add(task.Job.Value);
            farm.Pass(TimeSpan.FromSeconds(task.Job.Value == "long" ? 20 : 5));
            farm.Complete(task);
        }

        // A task of the one takes as long as four of the other.
        Assert.InRange(started.Skip(10).Count(job => job == "long"), 8, 12);
    }

    [Fact]
    public void WiderTasks_CountForTheirCpus()
    {
        var farm = new Farm();
        Submit(farm, "wide", "ann", tasks: 40, cpus: 4);
        Submit(farm, "narrow", "bob", tasks: 40);
        farm.Link("w", cpus: 4, memory: GiB);

        Assert.InRange(Run(farm, 30, seconds: 10).Count(job => job == "wide"), 5, 7);
    }

    [Fact]
    public void LowPriority_BehindASteadyStream_StartsInTheEnd()
    {
        var farm = new Farm(new SchedulerOptions { AgingInterval = TimeSpan.FromMinutes(1) });
        Submit(farm, "low", "ann", tasks: 3, priority: -3);
        Submit(farm, "high", "bob", tasks: 100);
        farm.Link("w");

        // At 30 s a task: four steps of a minute bring the low one before the other, and then it falls back.
        var started = Run(farm, 40, seconds: 30);

        Assert.InRange(started.IndexOf("low"), 8, 11);
        Assert.InRange(started.Count(job => job == "low"), 3, 4);
        Assert.True(started.LastIndexOf("low") > 20, "it did not fall back");
        Assert.Equal(12, farm.Events.OfType<BandAged>().Count());
    }

    [Fact]
    public void OnePriority_NothingAges()
    {
        var farm = new Farm();
        Submit(farm, "j", "ann", tasks: 5);

        farm.Pass(TimeSpan.FromHours(1));

        Assert.DoesNotContain(farm.Events, e => e is BandAged);
    }

    [Fact]
    public void Age_AfterARestart_IsKeptAndGrowsOn()
    {
        var farm = new Farm(new SchedulerOptions { AgingInterval = TimeSpan.FromMinutes(1) });
        Submit(farm, "low", "ann", tasks: 1, priority: -3);
        Submit(farm, "high", "bob", tasks: 100);
        farm.Pass(TimeSpan.FromSeconds(121));
        Assert.Equal(2, farm.Events.OfType<BandAged>().Count());

        farm.Restart();
        farm.Pass(TimeSpan.FromSeconds(121));
        farm.Link("w");

        Assert.Equal([Id("low")], farm.Assigned("w"));
    }

    [Fact]
    public void Merge_JobThatItCountedWithIsCancelled_CountsWithTheOther()
    {
        var farm = new Farm();
        Submit(farm, "low", "ann", tasks: 1, priority: -3);
        farm.Submit(new JobSpec("high", [Task("a")]) { Priority = 3, Submitter = "bob" });
        farm.Resolve(Id("high"), "low/0");
        farm.Run(new CancelJob(new JobId("high"), ""));
        Submit(farm, "middle", "cem", tasks: 1);
        farm.Link("w");

        Assert.Equal(["middle", "low"], Run(farm, 2, seconds: 1));
    }

    private static void Submit(Farm farm, string job, string submitter, int tasks, int priority = 0, int cpus = 1)
    {
        var specs = Enumerable.Range(0, tasks).Select(i => Task($"t{i}") with { Resources = new Resources(cpus * 1000L, GiB) });
        farm.Submit(new JobSpec(job, [.. specs]) { Submitter = submitter, Priority = priority });
        for (var i = 0; i < tasks; i++)
        {
            farm.Queue(Id(job, i));
        }
    }

    /// <summary>Runs so many tasks one after the other; says of which jobs they were.</summary>
    private static List<string> Run(Farm farm, int count, int seconds)
    {
        var started = new List<string>();
        while (started.Count < count)
        {
            var task = farm.Assigned("w")[0];
            started.Add(task.Job.Value);
            for (var passed = 0; passed < seconds; passed += 10)
            {
                farm.Pass(TimeSpan.FromSeconds(Math.Min(10, seconds - passed)));
                farm.Report("w", [.. farm.Desired("w").Assignments.Select(a => Running(a.Lease))]);
            }

            farm.Complete(task);
        }

        return started;
    }
}
