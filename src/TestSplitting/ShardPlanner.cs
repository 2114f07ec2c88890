namespace BuildFarm.TestSplitting;

/// <summary>
/// Shares files among tasks so that all end at about the same time: the longest goes first, each to the shard that is shortest so far
/// (Graham's LPT rule: never more than 4/3 of the best possible). The outcome depends on the arguments alone.
/// </summary>
public static class ShardPlanner
{
    /// <summary>At most <paramref name="shardCount"/> shards, none of them empty, the longest first.</summary>
    /// <param name="files">Each once.</param>
    /// <param name="times">What is known; a file without a record counts as the median, and with no record at all every file counts the same.</param>
    /// <param name="shardCount">At least 1.</param>
    /// <param name="startup">What every shard costs once.</param>
    public static IReadOnlyList<Shard> Plan(IReadOnlyList<string> files, RecordedTimes times, int shardCount, TimeSpan startup = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(times);
        ArgumentOutOfRangeException.ThrowIfLessThan(shardCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(startup, TimeSpan.Zero);

        var shards = Enumerable.Range(0, Math.Min(shardCount, files.Count)).Select(_ => new List<string>()).ToArray();
        var shortest = new PriorityQueue<int, (TimeSpan Load, int Index)>(shards.Length);
        var loads = new TimeSpan[shards.Length];
        for (var index = 0; index < shards.Length; index++)
            shortest.Enqueue(index, (TimeSpan.Zero, index));

        foreach (var (file, time) in LongestFirst(files, times))
        {
            var index = shortest.Dequeue();
            shards[index].Add(file);
            loads[index] += time;
            shortest.Enqueue(index, (loads[index], index));
        }

        return [.. shards.Select((shard, index) => (Shard: shard, Load: loads[index]))
            .OrderByDescending(entry => entry.Load)
            .Select(entry => new Shard(entry.Shard, times.Median is null ? null : entry.Load + startup))];
    }

    /// <summary>
    /// Enough shards that none should exceed <paramref name="target"/> by more than its longest file makes it, and no more than
    /// <paramref name="most"/>.
    /// </summary>
    public static int CountFor(IReadOnlyList<string> files, RecordedTimes times, TimeSpan target, TimeSpan startup, int most)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(times);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(target, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        if (times.Median is null)
            return Math.Clamp(files.Count, 1, most);
        var work = files.Aggregate(TimeSpan.Zero, (sum, file) => sum + times.Estimate(file)!.Value);
        // A start that eats the whole target would make endless shards: at least a tenth of each is work.
        var share = Math.Max((target - startup).Ticks, target.Ticks / 10);
        return (int)Math.Clamp((work.Ticks + share - 1) / share, 1, Math.Clamp(files.Count, 1, most));
    }

    /// <summary>Files with their times, the longest first; equals in the order of their names.</summary>
    public static IEnumerable<(string File, TimeSpan Time)> LongestFirst(IEnumerable<string> files, RecordedTimes times)
    {
        ArgumentNullException.ThrowIfNull(times);
        return files.Select(file => (File: file, Time: times.Estimate(file) ?? TimeSpan.FromTicks(1)))
            .OrderByDescending(entry => entry.Time)
            .ThenBy(entry => entry.File, StringComparer.Ordinal);
    }
}
