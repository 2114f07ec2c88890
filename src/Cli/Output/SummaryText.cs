using System.Globalization;
using BuildFarm.Cli.Runs;

namespace BuildFarm.Cli.Output;

/// <summary>The last lines of a run.</summary>
public static class SummaryText
{
    /// <summary>All outcomes that occurred, their sum being what was submitted, and what the cache served.</summary>
    public static IEnumerable<string> Lines(JobSummary summary, TimeSpan elapsed)
    {
        var parts = new List<string> { Count(summary.Succeeded, "passed") };
        Add(summary.Failed, "failed");
        Add(summary.TimedOut, "timed out");
        Add(summary.OutOfMemory, "out of memory");
        Add(summary.ResourceLimited, "over a limit");
        Add(summary.Cancelled, "cancelled");
        Add(summary.Infrastructure, "lost to the farm");
        parts.Add(Count(Math.Max(0, summary.Submitted - RunVerdict.Total(summary)), "unreported"));
        yield return $"Summary {Durations.Brief(elapsed)}  {string.Join(", ", parts)}";
        if (summary.FromCache > 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture, $"served from the action cache: {summary.FromCache} of {summary.Submitted}; containers started: {summary.Attempts}");
        }

        void Add(int count, string word)
        {
            if (count > 0)
            {
                parts.Add(Count(count, word));
            }
        }
    }

    private static string Count(int count, string word) => string.Create(CultureInfo.InvariantCulture, $"{count} {word}");
}
