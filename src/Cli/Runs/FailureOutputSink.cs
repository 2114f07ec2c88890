using BuildFarm.Cli.Output;

namespace BuildFarm.Cli.Runs;

/// <summary>For runs of many tasks: nothing live, and an excerpt of what a failed task wrote, which it also keeps.</summary>
public sealed class FailureOutputSink(TaskLog log) : IOutputSink
{
    private readonly Dictionary<string, LogExcerpt> _excerpts = new(StringComparer.Ordinal);

    /// <summary>The excerpts so far, by task.</summary>
    public IReadOnlyDictionary<string, LogExcerpt> Excerpts => _excerpts;

    /// <inheritdoc />
    public Task ChangedAsync(TaskChange change, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public async Task<LogExcerpt> ExcerptAsync(FarmTask task, CancellationToken cancellationToken)
    {
        var excerpt = await log.ExcerptAsync(task, cancellationToken);
        _excerpts[task.Name] = excerpt;
        return excerpt;
    }
}
