using Xunit;
using static BuildFarm.Scheduling.Tests.Farm;

namespace BuildFarm.Scheduling.Tests;

public sealed class QueueOrderTests
{
    [Fact]
    public void Queue_SameJob_LongestExpectedFirst()
    {
        var farm = new Farm();
        farm.SubmitQueued("j", Expecting("short", 1), Expecting("long", 60), Task("unknown"), Expecting("middle", 10));
        farm.Link("w");

        Assert.Equal([1, 3, 0, 2], RunAll(farm).Select(id => id.Index));
    }

    [Fact]
    public void Queue_SameExpectation_ArrivalDecides()
    {
        var farm = new Farm();
        farm.Submit("j", Task("a"), Task("b"), Task("c"));
        farm.Queue(Id("j", 2));
        farm.Queue(Id("j", 0));
        farm.Queue(Id("j", 1));
        farm.Link("w");

        Assert.Equal([2, 0, 1], RunAll(farm).Select(id => id.Index));
    }

    [Fact]
    public void Queue_OlderJob_GoesBeforeLongerTasksOfANewerOne()
    {
        var farm = new Farm();
        farm.SubmitQueued("old", Expecting("short", 1));
        farm.SubmitQueued("new", Expecting("long", 600));
        farm.Link("w");

        Assert.Equal([Id("old"), Id("new")], RunAll(farm));
    }

    [Fact]
    public void Queue_HigherPriority_GoesFirst()
    {
        var farm = new Farm();
        farm.SubmitQueued("low", Expecting("long", 600), Task("urgent") with { Priority = 20 });
        farm.Submit(new JobSpec("high", [Task("a")]) { Priority = 10 });
        farm.Queue(Id("high"));
        farm.Link("w");

        Assert.Equal([Id("low", 1), Id("high"), Id("low", 0)], RunAll(farm));
    }

    [Fact]
    public void Queue_DifferentShapes_AreOneOrder()
    {
        var farm = new Farm();
        farm.SubmitQueued("j", Expecting("small", 5), Expecting("large", 10) with { Resources = new Resources(1000, 2 * GiB) }, Expecting("mid", 7));
        farm.Link("w");

        Assert.Equal([1, 2, 0], RunAll(farm).Select(id => id.Index));
    }

    [Fact]
    public void Merge_WaiterOfHigherPriority_BringsTheExecutionForward()
    {
        var farm = new Farm();
        farm.SubmitQueued("first", Task("a"));
        farm.SubmitQueued("second", Task("a"));
        farm.Submit(new JobSpec("urgent", [Task("a")]) { Priority = 100 });
        farm.Resolve(Id("urgent"), "second/0");
        farm.Link("w");

        Assert.Equal([Id("second"), Id("first")], RunAll(farm));
    }

    private static TaskSpec Expecting(string name, int seconds) => Task(name) with { ExpectedDuration = TimeSpan.FromSeconds(seconds) };

    private static List<TaskId> RunAll(Farm farm)
    {
        var order = new List<TaskId>();
        while (farm.Assigned("w") is [var task, ..])
        {
            order.Add(task);
            farm.Complete(task);
        }

        return order;
    }
}
