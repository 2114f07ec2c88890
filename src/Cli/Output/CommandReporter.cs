using BuildFarm.Cli.Runs;

namespace BuildFarm.Cli.Output;

/// <summary>
/// Reports a run of one command, whose own output is the point: it says little before and one line after. Nothing is
/// pinned to the screen, since the command writes there.
/// </summary>
public sealed class CommandReporter(TextWriter to, Palette palette, Verbosity verbosity, TimeProvider time) : IRunReporter
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(30);

    private long _lastLine = time.GetTimestamp();
    private bool _hasWaited;

    /// <inheritdoc />
    public void Started(RunStart start)
    {
        if (verbosity == Verbosity.EveryTask)
        {
            var facts = start.Facts.Length == 0 ? string.Empty : $"  {start.Facts}";
            var attach = start.Attach is null ? string.Empty : $"  attach: {start.Attach}";
            Line($"{palette.Bold($"Run {start.RunId}")}  {TaskText.Clean(start.Title)}{palette.Dim(facts + attach)}");
        }
    }

    /// <inheritdoc />
    public void Changed(RunView view, JobEvent news, TaskChange? change)
    {
        if (change is { StartedOver: true } task)
        {
            Line($"  {palette.Label("LOST  ")} {TaskText.Clean(task.Before!.Worker)}; queued again, its output starts over");
        }
    }

    /// <inheritdoc />
    public void FailureOutput(RunView view, FarmTask task, LogExcerpt output)
    {
        // It was shown live.
    }

    /// <inheritdoc />
    public void Note(string line) => Line(line);

    /// <inheritdoc />
    public void Tick(RunView view)
    {
        if (verbosity == Verbosity.FailuresOnly || view.RunningCount > 0 || view.Finished > 0)
        {
            return;
        }

        // While it waits, say why: soon at first, then seldom.
        if (time.GetElapsedTime(_lastLine) > (_hasWaited ? Quiet : Patience))
        {
            _hasWaited = true;
            Line($"Waiting: {Progress.Waiting(view) ?? "no worker has taken it yet; see 'farm workers'"}");
        }
    }

    /// <inheritdoc />
    public void Ended(RunView view, RunVerdict verdict)
    {
        foreach (var task in view.Tasks)
        {
            if (verbosity == Verbosity.EveryTask || task.Outcome != Outcome.Success)
            {
                var reason = TaskText.Reason(task);
                var worker = task.Worker.Length > 0 && task.Origin == ResultOrigin.Executed ? palette.Dim($"  @{TaskText.Clean(task.Worker)}") : string.Empty;
                var cached = task.Origin == ResultOrigin.ActionCache ? "  served from the action cache" : string.Empty;
                var again = task.Attempt > 1 ? $"  attempt {task.Attempt}" : string.Empty;
                Line($"{palette.Label($"{TaskText.Label(task),-6}")} {TaskText.Bracket(task)} {(reason.Length == 0 ? task.Name : reason)}{cached}{again}{worker}");
            }
        }

        if (verdict.Complaint is { } complaint)
        {
            Line(complaint);
        }
    }

    /// <inheritdoc />
    public void Left(RunView view, string line) => Line(line);

    private void Line(string line)
    {
        to.WriteLine(line);
        _lastLine = time.GetTimestamp();
    }
}
