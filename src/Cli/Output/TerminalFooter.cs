using System.Globalization;
using BuildFarm.Cli.Runs;

namespace BuildFarm.Cli.Output;

/// <summary>Two lines that stay below everything else on a terminal: how far the run is, and what runs longest.</summary>
public sealed class TerminalFooter(TextWriter to, Palette palette, Func<int> width)
{
    private bool _drawn;

    /// <summary>Draws, in place of what was drawn before.</summary>
    public void Draw(RunView view, TimeSpan elapsed)
    {
        Erase();
        if (view.Ended is not null)
        {
            return;
        }

        var columns = Math.Max(20, width()) - 1;
        var first = string.Create(
            CultureInfo.InvariantCulture,
            $"{Durations.Brief(elapsed)}  {view.Finished}/{view.Submitted} done, {view.RunningCount} running{Eta(view, elapsed)}");
        var oldest = Progress.Oldest(view);
        var second = Progress.Waiting(view) is { } why && view.RunningCount == 0 ? $"waiting: {why}"
            : oldest is null ? "waiting for a worker"
            : $"running longest: {oldest.Name}  @{oldest.Worker}";
        to.Write($"{palette.Dim(Fit(first, columns))}\n{palette.Dim(Fit(second, columns))}");
        to.Flush();
        _drawn = true;
    }

    /// <summary>Makes room for other lines.</summary>
    public void Erase()
    {
        if (_drawn)
        {
            to.Write("\r\e[2K\e[1A\e[2K");
            _drawn = false;
        }
    }

    // Worth showing once a few tasks have shown how long they take.
    private static string Eta(RunView view, TimeSpan elapsed) => view.Finished < 5 || view.Finished >= view.Submitted
        ? string.Empty
        : $", about {Durations.Brief(elapsed / view.Finished * (view.Submitted - view.Finished))} left";

    private static string Fit(string line, int columns) => line.Length <= columns ? line : line[..(columns - 1)] + "…";
}
