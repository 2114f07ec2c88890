using BuildFarm.Cli.Output;

namespace BuildFarm.Cli.Runs;

/// <summary>
/// For a run of one command: copies its two outputs while it runs, and completes them from the result when it has ended,
/// so that everything is shown exactly once. A new attempt starts over.
/// </summary>
public sealed class LiveOutputSink(TaskLog log, Stream standardOutput, Stream standardError, TimeProvider time) : IOutputSink, IAsyncDisposable
{
    private static readonly LogExcerpt Shown = new([], 0, []);

    private readonly Channel _out = new(log, OutputStream.Out, standardOutput, standardError, time);
    private readonly Channel _error = new(log, OutputStream.Error, standardError, standardError, time);

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
        await _out.DisposeAsync();
        await _error.DisposeAsync();
    }

    private sealed class Channel(TaskLog log, OutputStream stream, Stream to, Stream complaints, TimeProvider time) : IAsyncDisposable
    {
        private string _name = string.Empty;
        private CancellationTokenSource? _stop;
        private StreamSilence? _silence;
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
            _silence = new StreamSilence(time);
            _following = CopyAsync(name, _silence, _stop.Token);
        }

        private async Task<long> CopyAsync(string name, StreamSilence silence, CancellationToken cancellationToken)
        {
            string? reason = null;
            var shown = await log.FollowAsync(name, 0, to, gone => reason = gone, silence, cancellationToken);
            if (reason is not null)
            {
                await complaints.WriteAsync(TaskLog.Unreadable(reason), CancellationToken.None);
            }

            return shown;
        }

        // The result has everything; without one (a task that was ended) the stream brings the rest, if somebody finishes it.
        public async Task CompleteAsync(FarmTask task, CancellationToken cancellationToken)
        {
            var name = stream == OutputStream.Out ? task.StdoutStreamName : task.StderrStreamName;
            if (task.Result is null && task.Origin == ResultOrigin.Executed)
            {
                await FollowAsync(name, cancellationToken);
                _silence?.Count();
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

        public async ValueTask DisposeAsync() => await StopAsync();

        private async Task<long> StopAsync()
        {
            if (_stop is { } stop)
            {
                await stop.CancelAsync();
            }

            var shown = await _following;
            _stop?.Dispose();
            _silence?.Dispose();
            (_stop, _silence) = (null, null);
            _following = Task.FromResult(shown);
            return shown;
        }
    }
}
