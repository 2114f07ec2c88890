using System.Globalization;
using BuildFarm.Cli.Runs;

namespace BuildFarm.Cli.Output;

/// <summary>How much is shown.</summary>
public enum Verbosity
{
    /// <summary>Every task that ends.</summary>
    EveryTask = 0,

    /// <summary>Only what did not succeed, and the summary.</summary>
    FailuresOnly = 1,
}

/// <summary>
/// Lines for people: one for each task that ends, failures at once with what they wrote and once more at the end, and a
/// summary whose numbers add up. Append-only, so that a CI log can keep it; on a terminal a footer stays below.
/// </summary>
public sealed class ConsoleReporter(
    TextWriter to, Palette palette, FoldMarkers folds, Verbosity verbosity, TerminalFooter? footer, TimeProvider time) : IRunReporter
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(30);

    private readonly long _begin = time.GetTimestamp();
    private readonly List<FarmTask> _failures = [];
    private long _lastLine = time.GetTimestamp();
    private string _runId = string.Empty;

    /// <inheritdoc />
    public void Started(RunStart start)
    {
        _runId = start.RunId;
        if (verbosity == Verbosity.FailuresOnly)
        {
            return;
        }

        var line = $"{palette.Bold($"Run {start.RunId}")}  {TaskText.Clean(start.Title)}";
        Line(start.Facts.Length == 0 ? line : $"{line}  {start.Facts}");
        if (start.Attach is not null)
        {
            Line(palette.Dim(start.WebUrl is null ? $"Attach: {start.Attach}" : $"Attach: {start.Attach}   {start.WebUrl}"));
        }
    }

    /// <inheritdoc />
    public void Changed(RunView view, JobEvent news, TaskChange? change)
    {
        if (change is { } task)
        {
            if (task.StartedOver)
            {
                Line($"  {palette.Label("LOST  ")} {TaskText.Clean(task.Before!.Worker)}; {task.Now.Name} is queued again{Because(task.Now)}");
            }

            if (task.JustFinished)
            {
                Finished(view, task.Now);
            }
        }
        else if (news.EventCase == JobEvent.EventOneofCase.Cancelling)
        {
            Line("Cancelling: what runs is being stopped.");
        }
    }

    /// <inheritdoc />
    public void FailureOutput(RunView view, FarmTask task, LogExcerpt output)
    {
        if (output.IsEmpty)
        {
            return;
        }

        Above(() =>
        {
            folds.Open(to, $"output of {task.Name}", time.GetUtcNow());
            output.WriteTo(to, "    ", $"farm logs {_runId} {ShellWords.Quote(task.Name)} --all");
            folds.Close(to, time.GetUtcNow());
        });
    }

    /// <inheritdoc />
    public void Note(string line) => Line(line);

    /// <inheritdoc />
    public void Tick(RunView view)
    {
        if (footer is not null)
        {
            footer.Draw(view, time.GetElapsedTime(_begin));
        }
        else if (time.GetElapsedTime(_lastLine) >= Quiet && verbosity == Verbosity.EveryTask)
        {
            Line($"  ...    [{Durations.Column(time.GetElapsedTime(_begin))}] {Progress.Line(view)}");
        }
    }

    /// <inheritdoc />
    public void Ended(RunView view, RunVerdict verdict)
    {
        footer?.Erase();
        if (_failures.Count > 0 && (verbosity == Verbosity.EveryTask || _failures.Count > 1))
        {
            Line(string.Create(CultureInfo.InvariantCulture, $"Not successful ({_failures.Count}):"));
            foreach (var task in _failures)
            {
                Line($"{TaskLine(task, string.Empty)}   log: farm logs {_runId} {ShellWords.Quote(task.Name)}");
            }
        }

        if (verdict.Complaint is { } complaint)
        {
            Line(complaint);
        }

        foreach (var line in SummaryText.Lines(view.Ended?.Summary ?? new JobSummary(), Elapsed(view)))
        {
            Line(line);
        }
    }

    /// <inheritdoc />
    public void Left(RunView view, string line)
    {
        footer?.Erase();
        Line(line);
    }

    private void Finished(RunView view, FarmTask task)
    {
        var success = task.Outcome == Outcome.Success;
        if (!success)
        {
            _failures.Add(task);
        }

        if (!success || verbosity == Verbosity.EveryTask)
        {
            Line(TaskLine(task, string.Create(CultureInfo.InvariantCulture, $"({view.Finished}/{view.Submitted}) ")));
        }
    }

    private string TaskLine(FarmTask task, string counter)
    {
        var reason = TaskText.Reason(task);
        var worker = task.Worker.Length > 0 && task.Origin == ResultOrigin.Executed ? $"  @{TaskText.Clean(task.Worker)}" : string.Empty;
        var again = task.Attempt > 1 ? $"  attempt {task.Attempt}" : string.Empty;
        return $"  {palette.Label($"{TaskText.Label(task),-6}")} {TaskText.Bracket(task)} {counter}{task.Name}"
            + (reason.Length > 0 ? $"  {reason}" : string.Empty) + again + palette.Dim(worker);
    }

    private static string Because(FarmTask task) => task.Message.Length == 0 ? string.Empty : $": {TaskText.Clean(task.Message)}";

    private TimeSpan Elapsed(RunView view) =>
        view.Ended is { SubmittedAt: not null, FinishedAt: not null } job ? (job.FinishedAt - job.SubmittedAt).ToTimeSpan() : time.GetElapsedTime(_begin);

    private void Line(string line) => Above(() => to.WriteLine(line));

    private void Above(Action write)
    {
        footer?.Erase();
        write();
        _lastLine = time.GetTimestamp();
    }
}
