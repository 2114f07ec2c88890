using System.Globalization;

namespace BuildFarm.Coordinator.Jobs;

/// <summary>
/// A place in the list of jobs, which runs from the newest to the oldest submission. It stays right while jobs come and go.
/// </summary>
/// <param name="SubmittedAt">Of the last job that was shown.</param>
/// <param name="JobId">Of the last job that was shown; jobs of one moment are listed by id.</param>
public readonly record struct JobListPosition(DateTimeOffset SubmittedAt, string JobId) : IComparable<JobListPosition>
{
    /// <summary>Before the newest job.</summary>
    public static JobListPosition Start { get; } = new(DateTimeOffset.MaxValue, "");

    /// <summary>Reads what <see cref="ToString"/> wrote; null when it is something else.</summary>
    public static JobListPosition? TryParse(string token)
    {
        var dash = token.IndexOf('-', StringComparison.Ordinal);
        return dash > 0
            && long.TryParse(token.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            && ticks <= DateTimeOffset.MaxValue.UtcTicks
            ? new JobListPosition(new DateTimeOffset(ticks, TimeSpan.Zero), token[(dash + 1)..])
            : null;
    }

    /// <inheritdoc />
    public int CompareTo(JobListPosition other) =>
        other.SubmittedAt.CompareTo(SubmittedAt) is var byTime && byTime != 0 ? byTime : string.CompareOrdinal(JobId, other.JobId);

    /// <summary>The left comes before the right in the list.</summary>
    public static bool operator <(JobListPosition left, JobListPosition right) => left.CompareTo(right) < 0;

    /// <summary>The left comes after the right in the list.</summary>
    public static bool operator >(JobListPosition left, JobListPosition right) => left.CompareTo(right) > 0;

    /// <summary>The left comes before the right in the list, or is the same.</summary>
    public static bool operator <=(JobListPosition left, JobListPosition right) => left.CompareTo(right) <= 0;

    /// <summary>The left comes after the right in the list, or is the same.</summary>
    public static bool operator >=(JobListPosition left, JobListPosition right) => left.CompareTo(right) >= 0;

    /// <summary>The page token.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{SubmittedAt.UtcTicks}-{JobId}");
}
