using BuildFarm.Cli.Runs;

namespace BuildFarm.Cli.Output;

/// <summary>What a person is told when a run begins.</summary>
/// <param name="RunId">Its id.</param>
/// <param name="Title">Name of the job, or its command.</param>
/// <param name="Facts">More for the first line: files sent, tasks.</param>
/// <param name="Attach">The command to come back with; null when the run ends with this process.</param>
/// <param name="WebUrl">Where a browser shows it; null when nothing serves pages.</param>
public sealed record RunStart(string RunId, string Title, string Facts, string? Attach, string? WebUrl);

/// <summary>Shows a run while it goes on. Calls come one at a time.</summary>
public interface IRunReporter
{
    /// <summary>The farm has taken the run, or the watch has begun.</summary>
    void Started(RunStart start);

    /// <summary>An event came; <paramref name="view"/> has it already.</summary>
    void Changed(RunView view, JobEvent news, TaskChange? change);

    /// <summary>A task that failed just now has written this.</summary>
    void FailureOutput(RunView view, FarmTask task, LogExcerpt output);

    /// <summary>Something about the connection or this process, one line.</summary>
    void Note(string line);

    /// <summary>Time has passed; called about four times a second.</summary>
    void Tick(RunView view);

    /// <summary>The run has ended; nothing comes after this.</summary>
    void Ended(RunView view, RunVerdict verdict);

    /// <summary>This process leaves while the run goes on.</summary>
    void Left(RunView view, string line);
}
