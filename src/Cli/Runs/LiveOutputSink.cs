using BuildFarm.Cli.Output;

namespace BuildFarm.Cli.Runs;

/// <summary>
/// For a run of one command: copies its two outputs while it runs, and completes them from the result when it has ended,
/// so that everything is shown exactly once. A new attempt starts over.
/// </summary>
public sealed class LiveOutputSink(TaskLog log, Stream standardOutput, Stream standardError) : IOutputSink, IAsyncDisposable
{
    private static readonly LogExcerpt Shown = new([], 0, []);

    private readonly Channel _out = new(log, OutputStream.Out, standardOutput, standardError);
    private readonly Channel _error = new(log, OutputStream.Error, standardError, standardError);

    /// <inheritdoc />
    public async Task ChangedAsync(TaskChange change, CancellationToken cancellationToken)
    {
        if (change.JustFinished)
        {
            await Task.WhenAll(_out.CompleteAsync(change.Now, cancellationToken), _error.CompleteAsync(change.Now, cancellationToken));
        }
        else if (change.Now.State != TaskState.Finished)
        {
            await _out.FollowAsync(change.Now.StdoutStreamName, cancellationToken);
            await _error.FollowAsync(change.Now.StderrStreamName, cancellationToken);
        }
    }

    /// <inheritdoc />
    public Task<LogExcerpt> ExcerptAsync(FarmTask task, CancellationToken cancellationToken) => Task.FromResult(Shown);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _out.StopAsync();
        await _error.StopAsync();
    }

    private sealed class Channel(TaskLog log, OutputStream stream, Stream to, Stream complaints)
    {
        private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

        private string _name = string.Empty;
        private CancellationTokenSource? _stop;
        private Task<long> _following = Task.FromResult(0L);

        public async Task FollowAsync(string name, CancellationToken cancellationToken)
        {
            if (name.Length == 0 || name == _name)
            {
                return;
            }

            await StopAsync();
            _name = name;
            _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _following = CopyAsync(name, _stop.Token);
        }

        private async Task<long> CopyAsync(string name, CancellationToken cancellationToken)
        {
            string? reason = null;
            var shown = await log.FollowAsync(name, 0, to, gone => reason = gone, cancellationToken);
            if (reason is not null)
            {
                await complaints.WriteAsync(TaskLog.Unreadable(reason), CancellationToken.None);
            }

            return shown;
        }

        // The result has everything; without one (a task that was ended) the stream gets a moment to bring the rest.
        public async Task CompleteAsync(FarmTask task, CancellationToken cancellationToken)
        {
            var name = stream == OutputStream.Out ? task.StdoutStreamName : task.StderrStreamName;
            if (task.Result is null && task.Origin == ResultOrigin.Executed)
            {
                await FollowAsync(name, cancellationToken);
                _stop?.CancelAfter(Grace);
                await _following;
                return;
            }

            // Bytes of an attempt that is not the one of the result are not its beginning.
            var followed = name == _name || _name.Length == 0;
            var shown = await StopAsync();
            if (task.Result is { } result)
            {
                await log.CopyAsync(result, stream, followed ? shown : 0, 0, to, cancellationToken);
                await to.FlushAsync(cancellationToken);
            }
        }

        public async Task<long> StopAsync()
        {
            if (_stop is { } stop)
            {
                await stop.CancelAsync();
                stop.Dispose();
                _stop = null;
            }

            var shown = await _following;
            _following = Task.FromResult(shown);
            return shown;
        }
    }
}
