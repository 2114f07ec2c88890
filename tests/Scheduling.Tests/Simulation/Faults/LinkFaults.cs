using BuildFarm.Scheduling.Events;
using Xunit;
using static BuildFarm.Scheduling.Tests.Simulation.Faults.FaultScenario;

namespace BuildFarm.Scheduling.Tests.Simulation.Faults;

/// <summary>Faults 10 and 14: a link that works in one direction, and one that breaks again and again.</summary>
public sealed class LinkFaults
{
    [Theory]
    [Trait("Fault", "10")]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Fault10_OneWayPartition_LeaseExpiresAndTheWorkerEndsItsTask(bool outgoing, bool incoming)
    {
        var farm = new FaultScenario();
        farm.Runs("job", new SimulatedRun(300));
        var job = farm.Submit("job");
        var worker = farm.UntilRunning(job);
        farm.Runs("job", new SimulatedRun(20));
        worker.Cut(outgoing, incoming);
        var cut = farm.World.Now;

        // By its own clock, whatever the coordinator believes, and before its share is given to anybody.
        farm.Until(() => worker.IsIdle, farm.World.Options.Scheduler.LeaseDuration + Seconds(10));
        Assert.True(farm.World.Now - cut > Seconds(20), $"ended after {farm.World.Now - cut}");

        var end = farm.UntilEnded(job);
        farm.EndWell();
        Assert.Equal((1, 2), (end.Counts.Succeeded, end.Counts.Attempts));
        Assert.Equal(1, farm.Count<ExecutionFinished>());
    }

    [Fact]
    [Trait("Fault", "14")]
    public void Fault14_DisconnectAndReconnectInALoop_CountedAndBounded()
    {
        var farm = new FaultScenario(workers: 1);
        farm.Runs("job", new SimulatedRun(100));
        var job = farm.Submit("job");
        var worker = farm.UntilRunning(job);
        worker.BreakInALoop(Seconds(90));

        farm.For(Seconds(95));
        var view = farm.View("w1");
        Assert.True(view.Disconnects >= 5, $"{view.Disconnects} disconnects");
        Assert.Equal(farm.State.Counters.WorkersUnlinked, view.Disconnects);
        // Each costs an end and a beginning, and no attempt: what runs goes on under its lease.
        Assert.Equal(view.Disconnects, farm.Count<WorkerDisconnected>());
        Assert.InRange(farm.Count<WorkerReturned>(), 1, (int)view.Disconnects + 1);
        Assert.Single(farm.State.Workers());

        var end = farm.UntilEnded(job);
        farm.EndWell();
        Assert.Equal((1, 1), (end.Counts.Succeeded, end.Counts.Attempts));
        Assert.InRange(farm.Events.Count, 10, 20 + (3 * (int)farm.View("w1").Disconnects));
    }
}
