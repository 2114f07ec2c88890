using System.Globalization;

namespace BuildFarm.Cli.Output;

/// <summary>Words for tasks: the same in every place that shows one.</summary>
public static class TaskText
{
    /// <summary>The word that begins a task's line, at most six letters.</summary>
    public static string Label(FarmTask task) => task.State != TaskState.Finished
        ? StateLabel(task.State)
        : task.Outcome switch
        {
            Outcome.Success => "PASS",
            Outcome.Failure => "FAIL",
            Outcome.Timeout => "TMOUT",
            Outcome.OutOfMemory => "OOM",
            Outcome.ResourceLimit => "LIMIT",
            Outcome.Cancelled => "CANCEL",
            Outcome.Infrastructure => "INFRA",
            _ => "?",
        };

    /// <summary>The word of an outcome in machine-readable output.</summary>
    public static string Word(Outcome outcome) => outcome switch
    {
        Outcome.Success => "success",
        Outcome.Failure => "failure",
        Outcome.Timeout => "timeout",
        Outcome.OutOfMemory => "out-of-memory",
        Outcome.ResourceLimit => "resource-limit",
        Outcome.Cancelled => "cancelled",
        Outcome.Infrastructure => "infrastructure",
        _ => "unknown",
    };

    /// <summary>The word of a state in machine-readable output.</summary>
    public static string Word(TaskState state) => state switch
    {
        TaskState.Waiting => "waiting",
        TaskState.Resolving => "resolving",
        TaskState.Queued => "queued",
        TaskState.Running => "running",
        TaskState.Finished => "finished",
        _ => "unknown",
    };

    /// <summary>The word of an origin in machine-readable output.</summary>
    public static string Word(ResultOrigin origin) => origin switch
    {
        ResultOrigin.Executed => "executed",
        ResultOrigin.ActionCache => "action-cache",
        ResultOrigin.Merged => "merged",
        _ => "none",
    };

    /// <summary>Time in brackets, eight characters: how long its attempt ran, or that it came from the cache.</summary>
    public static string Bracket(FarmTask task) => task.Origin switch
    {
        ResultOrigin.ActionCache => "[cached]",
        ResultOrigin.Merged => "[merged]",
        _ => $"[{Durations.Column(Elapsed(task))}]",
    };

    /// <summary>How long the newest attempt took, from its usage or its time stamps; zero when there was none.</summary>
    public static TimeSpan Elapsed(FarmTask task)
    {
        if (task.Usage?.WallTime is { } wall)
        {
            return wall.ToTimeSpan();
        }

        return task is { StartedAt: not null, FinishedAt: not null } && task.FinishedAt > task.StartedAt
            ? (task.FinishedAt - task.StartedAt).ToTimeSpan()
            : TimeSpan.Zero;
    }

    /// <summary>Why it ended so, in one line; empty for a success.</summary>
    public static string Reason(FarmTask task)
    {
        var message = Clean(task.Message);
        if (task.Outcome is Outcome.Success or Outcome.Unspecified || task.State != TaskState.Finished)
        {
            return string.Empty;
        }

        if (task.Outcome != Outcome.Failure || task.ExitCode == 0)
        {
            return message;
        }

        var status = string.Create(CultureInfo.InvariantCulture, $"exit status {task.ExitCode}");
        var code = string.Create(CultureInfo.InvariantCulture, $"exit code {task.ExitCode}");
        return message.Contains(status, StringComparison.Ordinal) ? message
            : message.Length == 0 || message == code ? status
            : $"{status}: {message}";
    }

    /// <summary>How often it was tried, and at whose charge; empty for a first attempt.</summary>
    public static string Attempts(FarmTask task)
    {
        if (task.Attempt <= 1 && task.RetriesUsed == 0 && task.InfrastructureLosses == 0)
        {
            return string.Empty;
        }

        var parts = new List<string> { string.Create(CultureInfo.InvariantCulture, $"attempt {task.Attempt}") };
        if (task.RetriesUsed > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{task.RetriesUsed} of {task.Retries} retries used"));
        }

        if (task.InfrastructureLosses > 0)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{task.InfrastructureLosses} lost by the farm"));
        }

        return string.Join(", ", parts);
    }

    /// <summary>Without control characters: what a task or a worker wrote cannot move the cursor.</summary>
    public static string Clean(string text) => text.AsSpan().IndexOfAnyInRange('\0', '\x1f') < 0 && !text.Contains('\x7f', StringComparison.Ordinal)
        ? text
        : string.Create(text.Length, text, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = char.IsControl(from[i]) && from[i] != '\t' ? ' ' : from[i];
            }
        });

    private static string StateLabel(TaskState state) => state switch
    {
        TaskState.Waiting => "WAIT",
        TaskState.Resolving or TaskState.Queued => "QUEUE",
        TaskState.Running => "RUN",
        _ => "?",
    };
}
