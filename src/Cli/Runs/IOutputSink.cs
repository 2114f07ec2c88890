using BuildFarm.Cli.Output;

namespace BuildFarm.Cli.Runs;

/// <summary>Where the output of a run's tasks goes while it is followed.</summary>
public interface IOutputSink
{
    /// <summary>A task has changed. Returns when everything that must be shown before its line has been.</summary>
    Task ChangedAsync(TaskChange change, CancellationToken cancellationToken);

    /// <summary>What a finished task wrote, cut; empty when it was shown already.</summary>
    Task<LogExcerpt> ExcerptAsync(FarmTask task, CancellationToken cancellationToken);
}
