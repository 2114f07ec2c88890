using BuildFarm.Cli.Runs;
using Xunit;

namespace BuildFarm.Cli.Tests.Runs;

public sealed class RoomWaitTests
{
    [Fact]
    public void Waits_GrowToEightTimesWhatTheFarmAsks()
    {
        var wait = new RoomWait(TimeSpan.FromHours(1), () => 1);

        Assert.Equal([10, 20, 40, 80, 80], Enumerable.Range(0, 5).Select(_ => wait.Next(TimeSpan.FromSeconds(10))!.Value.TotalSeconds));
    }

    [Fact]
    public void Waits_OfACrowd_AreSpreadOverHalfOfTheTime()
    {
        var random = new Random(1);
        var waits = Enumerable.Range(0, 1000).Select(_ => new RoomWait(TimeSpan.FromHours(1), random.NextDouble).Next(TimeSpan.FromSeconds(10))!.Value.TotalSeconds).ToList();

        Assert.InRange(waits.Min(), 5, 5.2);
        Assert.InRange(waits.Max(), 9.8, 10);
    }

    [Fact]
    public void Waits_BeyondTheBound_EndTheTrying()
    {
        var wait = new RoomWait(TimeSpan.FromSeconds(25), () => 1);

        Assert.Equal(10, wait.Next(TimeSpan.FromSeconds(10))!.Value.TotalSeconds);
        Assert.Null(wait.Next(TimeSpan.FromSeconds(10)));
    }
}
