using Xunit;

namespace BuildFarm.TestSplitting.Tests;

public sealed class ShardPlannerTests
{
    [Fact]
    public void Plan_KnownTimes_BalancesTheShards()
    {
        var times = Times(("a", 7), ("b", 6), ("c", 5), ("d", 4), ("e", 4));

        var shards = ShardPlanner.Plan(["a", "b", "c", "d", "e"], times, 2, TimeSpan.FromSeconds(3));

        Assert.Equal([["a", "d", "e"], ["b", "c"]], shards.Select(shard => shard.Files));
        Assert.Equal([TimeSpan.FromSeconds(18), TimeSpan.FromSeconds(14)], shards.Select(shard => shard.ExpectedDuration));
    }

    [Fact]
    public void Plan_AnyTimes_KeepsEachFileOnceAndTheBoundOfTheRule()
    {
        var random = new Random(20260101);
        for (var round = 0; round < 300; round++)
        {
            var files = Enumerable.Range(0, random.Next(1, 60)).Select(i => $"f{i}").ToArray();
            var times = Times([.. files.Select(file => (file, random.Next(1, 1000)))]);
            var count = random.Next(1, 9);

            var shards = ShardPlanner.Plan(files, times, count);

            Assert.Equal(files.Order(StringComparer.Ordinal), shards.SelectMany(shard => shard.Files).Order(StringComparer.Ordinal));
            Assert.All(shards, shard => Assert.NotEmpty(shard.Files));
            Assert.InRange(shards.Count, 1, count);
            var total = files.Sum(file => times.Find(file)!.Value.TotalSeconds);
            var best = Math.Max(total / count, files.Max(file => times.Find(file)!.Value.TotalSeconds));
            // The best possible is at least this; the rule stays within 4/3 - 1/(3m) of the best, and a list schedule within 2 - 1/m of this.
            Assert.InRange(shards[0].ExpectedDuration!.Value.TotalSeconds, best - 1e-6, best * (2 - 1.0 / count) + 1e-6);
        }
    }

    [Fact]
    public void Plan_UnknownTimes_SharesByNumber()
    {
        var shards = ShardPlanner.Plan([.. Enumerable.Range(0, 10).Select(i => $"f{i}")], RecordedTimes.None, 3);

        Assert.Equal([4, 3, 3], shards.Select(shard => shard.Files.Count));
        Assert.All(shards, shard => Assert.Null(shard.ExpectedDuration));
    }

    [Fact]
    public void Plan_NewFileAmongKnownOnes_CountsAsTheMedian()
    {
        var shards = ShardPlanner.Plan(["new", "a", "b", "c"], Times(("a", 10), ("b", 2), ("c", 3)), 2);

        Assert.Equal([["a"], ["c", "new", "b"]], shards.Select(shard => shard.Files));
    }

    [Fact]
    public void Plan_MoreShardsThanFilesOrNone_MakesNoEmptyOnes()
    {
        Assert.Equal(2, ShardPlanner.Plan(["a", "b"], RecordedTimes.None, 8).Count);
        Assert.Empty(ShardPlanner.Plan([], RecordedTimes.None, 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => ShardPlanner.Plan([], RecordedTimes.None, 0));
    }

    [Fact]
    public void CountFor_TargetAndStartup_DividesTheWork()
    {
        string[] files = ["a", "b", "c", "d"];
        var times = Times(("a", 10), ("b", 10), ("c", 10), ("d", 10));

        Assert.Equal(2, ShardPlanner.CountFor(files, times, TimeSpan.FromSeconds(23), TimeSpan.FromSeconds(3), 100));
        Assert.Equal(4, ShardPlanner.CountFor(files, times, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3), 100));
        Assert.Equal(3, ShardPlanner.CountFor(files, times, TimeSpan.FromSeconds(1), TimeSpan.Zero, 3));
        Assert.Equal(1, ShardPlanner.CountFor(files, times, TimeSpan.FromHours(1), TimeSpan.Zero, 3));
    }

    private static RecordedTimes Times(params (string File, int Seconds)[] times) =>
        new(times.ToDictionary(entry => entry.File, entry => TimeSpan.FromSeconds(entry.Seconds), StringComparer.Ordinal));
}
