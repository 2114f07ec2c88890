using System.Globalization;
using BuildFarm.Cli.Runs;

namespace BuildFarm.Cli.Output;

/// <summary>Says in one line how far a run is, and why what waits does.</summary>
public static class Progress
{
    /// <summary>For example <c>17/612 done, 2 running (oldest src/a.pyx 45s), 593 to go</c>.</summary>
    public static string Line(RunView view)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{view.Finished}/{view.Submitted} done, {view.RunningCount} running");
        if (Oldest(view) is { } oldest)
        {
            text += $" (oldest {oldest.Name} {Durations.Brief(Since(view, oldest))})";
        }

        var toGo = view.Submitted - view.Finished - view.RunningCount;
        if (toGo > 0)
        {
            text += string.Create(CultureInfo.InvariantCulture, $", {toGo} to go");
        }

        return Waiting(view) is { } why ? $"{text}: {why}" : text;
    }

    /// <summary>Why the task that has waited longest for a worker waits; null when none does, or nothing is known.</summary>
    public static string? Waiting(RunView view)
    {
        var first = view.Tasks
            .Where(task => task.State == TaskState.Queued && task.Message.Length > 0)
            .MinBy(task => task.QueuedAt?.ToDateTimeOffset() ?? DateTimeOffset.MaxValue);
        return first is null ? null : TaskText.Clean(first.Message);
    }

    /// <summary>The running task that started first.</summary>
    public static FarmTask? Oldest(RunView view) =>
        view.Running.MinBy(task => task.StartedAt?.ToDateTimeOffset() ?? DateTimeOffset.MaxValue);

    private static TimeSpan Since(RunView view, FarmTask task) =>
        task.StartedAt is { } started && view.Time > started.ToDateTimeOffset() ? view.Time - started.ToDateTimeOffset() : TimeSpan.Zero;
}
