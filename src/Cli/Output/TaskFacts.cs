using System.Globalization;

namespace BuildFarm.Cli.Output;

/// <summary>What a task asks for, in words.</summary>
public static class TaskFacts
{
    /// <summary>
    /// What is its own, in one line: what any task has by default, what it has of its job, and a deadline that its message tells of already,
    /// are left out.
    /// </summary>
    public static string Line(FarmTask task, FarmJob job)
    {
        var parts = new List<string>();
        Add(parts, Amounts(task));
        Add(parts, task.Exclusive.Count > 0 ? $"exclusive {Names(task)}" : string.Empty);
        Add(parts, task.Priority != job.Priority ? $"priority {Number(task.Priority)}" : string.Empty);
        Add(parts, task is { Deadline: { } deadline, Message: "" } ? $"deadline {Durations.Brief(deadline.ToTimeSpan())} after the submit" : string.Empty);
        return string.Join(", ", parts);
    }

    /// <summary>Everything that there is to say of one task, a name and a value each.</summary>
    public static IEnumerable<(string Name, string Value)> All(FarmTask task, FarmJob job, TimeProvider time)
    {
        var why = task.State == TaskState.Finished ? TaskText.Reason(task) : TaskText.Clean(task.Message);
        List<(string Name, string Value)> facts =
        [
            (task.State == TaskState.Finished ? "why" : "now", why),
            ("worker", TaskText.Clean(task.Worker)),
            ("attempts", TaskText.Attempts(task)),
            ("asks for", Amounts(task)),
            ("may use", task.MemoryBytes > 0 ? $"memory {Durations.Bytes(task.MemoryBytes)}" : string.Empty),
            ("exclusive", Names(task)),
            ("secrets", string.Join(", ", task.Secrets)),
            ("priority", Number(task.Priority)),
            ("retries", task.Retries > 0 ? Number(task.Retries) : string.Empty),
            ("deadline", Deadline(task, job)),
            ("queued", task.QueuedAt is null ? string.Empty : JobText.Ago(task.QueuedAt, time)),
            ("started", task.StartedAt is null ? string.Empty : JobText.Ago(task.StartedAt, time)),
            ("finished", task.FinishedAt is null ? string.Empty : JobText.Ago(task.FinishedAt, time)),
            ("action", task.ActionDigest is { } action ? $"{action.Hash}/{Number(action.SizeBytes)}" : string.Empty),
        ];
        return facts.Where(static fact => fact.Value.Length > 0);
    }

    /// <summary>The earlier of its own and its job's.</summary>
    private static string Deadline(FarmTask task, FarmJob job)
    {
        if (task.Deadline is null && job.Deadline is null)
        {
            return string.Empty;
        }

        var own = task.Deadline is { } mine && (job.Deadline is null || mine.ToTimeSpan() <= job.Deadline.ToTimeSpan());
        var after = (own ? task.Deadline! : job.Deadline!).ToTimeSpan();
        var at = job.SubmittedAt is { } submitted
            ? string.Create(CultureInfo.InvariantCulture, $", at {submitted.ToDateTimeOffset() + after:yyyy-MM-dd HH:mm:ss} UTC")
            : string.Empty;
        return $"{Durations.Brief(after)} after the submit{at}{(own ? string.Empty : ", as the whole run")}";
    }

    private static string Amounts(FarmTask task)
    {
        if (task.Resources is not { } asked)
        {
            return string.Empty;
        }

        var parts = new List<string>();
        Add(parts, asked.CpuMillis > 0 ? string.Create(CultureInfo.InvariantCulture, $"cpu {asked.CpuMillis / 1000m:0.###}") : string.Empty);
        Add(parts, asked.MemoryBytes > 0 ? $"memory {Durations.Bytes(asked.MemoryBytes)}" : string.Empty);
        parts.AddRange(asked.Named.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => $"{pair.Key} {Number(pair.Value)}"));
        return string.Join(", ", parts);
    }

    private static string Names(FarmTask task) => string.Join(", ", task.Exclusive);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static void Add(List<string> parts, string part)
    {
        if (part.Length > 0)
        {
            parts.Add(part);
        }
    }
}
