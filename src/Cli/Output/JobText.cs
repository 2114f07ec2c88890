using System.Globalization;
using BuildFarm.Cli.Runs;
using Google.Protobuf.WellKnownTypes;

namespace BuildFarm.Cli.Output;

/// <summary>Words for jobs.</summary>
public static class JobText
{
    /// <summary>Its state in one word.</summary>
    public static string State(FarmJob job) => job.State switch
    {
        JobState.Active => "running",
        JobState.Cancelling => "cancelling",
        JobState.Finished => "finished",
        _ => "unknown",
    };

    /// <summary>What came of it so far: <c>ok</c> when all succeeded, else the counts that matter.</summary>
    public static string Outcome(JobSummary summary)
    {
        var parts = new List<string>();
        Add(summary.Failed, "failed");
        Add(summary.TimedOut, "timed out");
        Add(summary.OutOfMemory, "out of memory");
        Add(summary.ResourceLimited, "over a limit");
        Add(summary.Cancelled, "cancelled");
        Add(summary.Infrastructure, "lost");
        if (parts.Count > 0)
        {
            return string.Join(", ", parts);
        }

        return RunVerdict.Total(summary) == summary.Submitted && summary.Submitted > 0
            ? "ok"
            : string.Create(CultureInfo.InvariantCulture, $"{summary.Succeeded} passed");

        void Add(int count, string word)
        {
            if (count > 0)
            {
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{count} {word}"));
            }
        }
    }

    /// <summary>What was asked of the whole job beside its tasks, and why it was cancelled; empty when there is nothing.</summary>
    public static string Facts(FarmJob job)
    {
        var parts = new List<string>();
        if (job.Priority != 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"priority {job.Priority}"));
        }

        if (job.Deadline is { } deadline)
        {
            parts.Add($"deadline {Durations.Brief(deadline.ToTimeSpan())} after its submit");
        }

        if (job.SupersedeKey.Length > 0)
        {
            parts.Add($"supersedes by {TaskText.Clean(job.SupersedeKey)}");
        }

        if (job.CancelReason.Length > 0)
        {
            parts.Add($"cancelled: {TaskText.Clean(job.CancelReason)}");
        }

        return string.Join(", ", parts);
    }

    /// <summary>How long ago: <c>12.0s ago</c>.</summary>
    public static string Ago(Timestamp? then, TimeProvider time) =>
        then is null ? "-" : $"{Durations.Brief(time.GetUtcNow() - then.ToDateTimeOffset())} ago";
}
