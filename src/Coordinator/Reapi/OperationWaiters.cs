using System.Threading.Channels;
using BuildFarm.Coordinator.Jobs;
using BuildFarm.Coordinator.Loop;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Commands;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Coordinator.Reapi;

/// <summary>
/// Who waits for operations. One that nobody has waited for during the grace is cancelled; work that it shared with others goes
/// on for them. After a restart every operation has the whole grace again.
/// </summary>
public sealed partial class OperationWaiters(
    JobTable table,
    SchedulerQueue queue,
    CoordinatorOptions options,
    TimeProvider time,
    ILogger<OperationWaiters> logger) : BackgroundService
{
    // One entry for each stream that ended during the last grace.
    private readonly Channel<(string Id, long LeftAt)> _left = Channel.CreateUnbounded<(string, long)>();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Waiting> _waiting = new(StringComparer.Ordinal);

    /// <summary>Somebody waits until the result is disposed of.</summary>
    public IDisposable Enter(string id)
    {
        lock (_gate)
        {
            _waiting[id] = _waiting.TryGetValue(id, out var known) ? known with { Count = known.Count + 1 } : new Waiting(1, 0);
        }

        return new Waiter(this, id);
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await queue.OpenedAsync(stoppingToken);
            foreach (var operation in table.All.Where(job => job.IsOperation))
            {
                Enter(operation.Id.Value).Dispose();
            }

            await foreach (var (id, leftAt) in _left.Reader.ReadAllAsync(stoppingToken))
            {
                var rest = options.Reapi.WaiterGrace - time.GetElapsedTime(leftAt);
                if (rest > TimeSpan.Zero)
                {
                    await Task.Delay(rest, time, stoppingToken);
                }

                if (TryForget(id, leftAt) && table.Find(new JobId(id)) is { } operation)
                {
                    LogDeserted(operation.Id, operation.Spec.Name);
                    await queue.PostAsync(new CancelJob(operation.Id, "nobody waits for it any more"), stoppingToken);
                }
            }
        }
        catch (Exception e) when (e is LoopStoppedException or OperationCanceledException)
        {
            // The next coordinator gives every operation its grace again.
        }
    }

    private void Leave(string id)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            var rest = new Waiting(_waiting[id].Count - 1, now);
            _waiting[id] = rest;
            if (rest.Count > 0)
            {
                return;
            }
        }

        _left.Writer.TryWrite((id, now));
    }

    /// <summary>False when somebody has waited since.</summary>
    private bool TryForget(string id, long leftAt)
    {
        lock (_gate)
        {
            return _waiting.TryGetValue(id, out var known) && known == new Waiting(0, leftAt) && _waiting.Remove(id);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "operation {Operation} '{Name}' is cancelled: nobody waits for it any more")]
    private partial void LogDeserted(JobId operation, string name);

    private readonly record struct Waiting(int Count, long LeftAt);

    private sealed class Waiter(OperationWaiters waiters, string id) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                waiters.Leave(id);
            }
        }
    }
}
