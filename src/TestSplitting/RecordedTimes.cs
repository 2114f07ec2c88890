namespace BuildFarm.TestSplitting;

/// <summary>How long test files took when they last ran.</summary>
public sealed class RecordedTimes
{
    private readonly IReadOnlyDictionary<string, TimeSpan> _times;

    /// <param name="times">Wall time by path; entries that are not positive are left out, and so should be those of timeouts.</param>
    public RecordedTimes(IReadOnlyDictionary<string, TimeSpan> times)
    {
        ArgumentNullException.ThrowIfNull(times);
        _times = times.Where(pair => pair.Value > TimeSpan.Zero).ToDictionary(StringComparer.Ordinal);
        var known = _times.Values.Order().ToArray();
        Median = known.Length == 0 ? null : known[known.Length / 2];
    }

    public static RecordedTimes None { get; } = new(new Dictionary<string, TimeSpan>(StringComparer.Ordinal));

    /// <summary>The guess for a file that has no record; null when none has.</summary>
    public TimeSpan? Median { get; }

    /// <summary>The recorded time of a file, or null.</summary>
    public TimeSpan? Find(string path) => _times.TryGetValue(path, out var time) ? time : null;

    /// <summary>The recorded time, else the median of all, else null.</summary>
    public TimeSpan? Estimate(string path) => Find(path) ?? Median;
}
