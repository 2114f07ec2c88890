using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using BuildFarm.V1;

namespace BuildFarm.Cli.Output;

/// <summary>The fields of the objects that <c>--json</c> writes. Names are only added; a missing time is left out.</summary>
public static class JsonFields
{
    /// <summary>A task as it is.</summary>
    public static void Write(Utf8JsonWriter json, FarmTask task)
    {
        json.WriteString("name", task.Name);
        json.WriteString("kind", task.Kind == TaskKind.Test ? "test" : "build");
        json.WriteString("state", TaskText.Word(task.State));
        if (task.State == TaskState.Finished)
        {
            json.WriteString("outcome", TaskText.Word(task.Outcome));
            json.WriteNumber("exit_code", task.ExitCode);
            json.WriteString("origin", TaskText.Word(task.Origin));
        }

        json.WriteNumber("attempt", task.Attempt);
        json.WriteNumber("retries", task.Retries);
        json.WriteNumber("retries_used", task.RetriesUsed);
        json.WriteNumber("infrastructure_losses", task.InfrastructureLosses);
        json.WriteNumber("memory_bytes", task.MemoryBytes);
        json.WriteNumber("priority", task.Priority);
        if (task.Deadline is { } deadline)
        {
            json.WriteNumber("deadline_seconds", deadline.ToTimeSpan().TotalSeconds);
        }

        if (task.Resources is { } asked)
        {
            WriteAsked(json, asked);
        }

        if (task.Exclusive.Count > 0)
        {
            json.WriteStartArray("exclusive");
            foreach (var name in task.Exclusive)
            {
                json.WriteStringValue(name);
            }

            json.WriteEndArray();
        }

        json.WriteString("worker", task.Worker);
        json.WriteString("message", task.Message);
        if (task.ActionDigest is { } action)
        {
            json.WriteString("action", $"{action.Hash}/{action.SizeBytes}");
        }

        if (task.Usage is { } usage)
        {
            json.WriteNumber("wall_seconds", usage.WallTime?.ToTimeSpan().TotalSeconds ?? 0);
            json.WriteNumber("cpu_seconds", usage.CpuTime?.ToTimeSpan().TotalSeconds ?? 0);
            json.WriteNumber("peak_memory_bytes", usage.PeakMemoryBytes);
        }

        if (AttemptText.FactsOf(task) is { } facts)
        {
            WriteRanOn(json, facts);
            if (facts.Counts is { } counts)
            {
                json.WriteNumber("peak_processes", counts.PeakProcesses);
                json.WriteNumber("read_bytes", counts.ReadBytes);
                json.WriteNumber("written_bytes", counts.WrittenBytes);
            }

            WriteWritten(json, facts);
        }

        if (task.Attempts.Count > 0)
        {
            WriteAttempts(json, task.Attempts);
        }

        Time(json, "queued_at", task.QueuedAt);
        Time(json, "started_at", task.StartedAt);
        Time(json, "finished_at", task.FinishedAt);
    }

    /// <summary>Zeros stand for defaults, as in the request.</summary>
    private static void WriteAsked(Utf8JsonWriter json, V1.Resources asked)
    {
        json.WriteStartObject("resources");
        json.WriteNumber("cpu", asked.CpuMillis / 1000m);
        json.WriteNumber("memory_bytes", asked.MemoryBytes);
        json.WriteStartObject("named");
        foreach (var (name, amount) in asked.Named.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            json.WriteNumber(name, amount);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Those that have no result of the task's.</summary>
    private static void WriteAttempts(Utf8JsonWriter json, IEnumerable<TaskAttempt> attempts)
    {
        json.WriteStartArray("attempts");
        foreach (var attempt in attempts)
        {
            json.WriteStartObject();
            json.WriteNumber("number", attempt.Number);
            json.WriteString("worker", attempt.Worker);
            json.WriteString("end", AttemptText.Word(attempt.End));
            json.WriteString("message", attempt.Message);
            Time(json, "started_at", attempt.StartedAt);
            if (attempt.RanOn is { } facts)
            {
                WriteRanOn(json, facts);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteRanOn(Utf8JsonWriter json, AttemptFacts facts)
    {
        json.WriteStartObject("ran_on");
        json.WriteString("host", facts.Host?.Hostname ?? "");
        json.WriteString("kernel", facts.Host?.Kernel ?? "");
        json.WriteString("cpu", facts.Host?.CpuModel ?? "");
        json.WriteNumber("cpus", facts.Host?.CpuCount ?? 0);
        json.WriteNumber("memory_bytes", facts.Host?.MemoryBytes ?? 0);
        json.WriteString("runtime", facts.Runtime);
        json.WriteString("profile", facts.Profile);
        json.WriteString("image", facts.Image);
        json.WriteString("environment", facts.Environment);
        json.WriteString("agent_version", facts.AgentVersion);
        json.WriteEndObject();
    }

    private static void WriteWritten(Utf8JsonWriter json, AttemptFacts facts)
    {
        json.WriteStartArray("written");
        foreach (var place in facts.Written)
        {
            json.WriteStartObject();
            json.WriteString("place", place.Place);
            json.WriteNumber("entries", place.Entries);
            json.WriteNumber("bytes", place.Bytes);
            json.WriteBoolean("partial", place.Partial);
            json.WriteStartArray("examples");
            foreach (var example in place.Examples)
            {
                json.WriteStringValue(example);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>A job without its tasks.</summary>
    public static void Write(Utf8JsonWriter json, FarmJob job)
    {
        json.WriteString("name", job.Name);
        json.WriteString("state", job.State switch
        {
            JobState.Active => "active",
            JobState.Cancelling => "cancelling",
            JobState.Finished => "finished",
            _ => "unknown",
        });
        json.WriteString("submitter", job.Submitter);
        json.WriteNumber("priority", job.Priority);
        if (job.Deadline is { } deadline)
        {
            json.WriteNumber("deadline_seconds", deadline.ToTimeSpan().TotalSeconds);
        }

        json.WriteString("supersede_key", job.SupersedeKey);
        json.WriteString("cancel_reason", job.CancelReason);
        Time(json, "submitted_at", job.SubmittedAt);
        Time(json, "finished_at", job.FinishedAt);
        if (job.Summary is { } summary)
        {
            json.WriteStartObject("summary");
            Write(json, summary);
            json.WriteEndObject();
        }
    }

    /// <summary>Counts; <c>submitted</c> is the sum of the outcomes once the job has finished.</summary>
    public static void Write(Utf8JsonWriter json, JobSummary summary)
    {
        json.WriteNumber("submitted", summary.Submitted);
        json.WriteNumber("succeeded", summary.Succeeded);
        json.WriteNumber("failed", summary.Failed);
        json.WriteNumber("timed_out", summary.TimedOut);
        json.WriteNumber("out_of_memory", summary.OutOfMemory);
        json.WriteNumber("resource_limited", summary.ResourceLimited);
        json.WriteNumber("cancelled", summary.Cancelled);
        json.WriteNumber("infrastructure", summary.Infrastructure);
        json.WriteNumber("from_cache", summary.FromCache);
        json.WriteNumber("attempts", summary.Attempts);
    }

    /// <summary>A time in UTC, ISO 8601; nothing when it is absent.</summary>
    public static void Time(Utf8JsonWriter json, string name, Timestamp? time)
    {
        if (time is not null)
        {
            json.WriteString(name, time.ToDateTimeOffset());
        }
    }
}
