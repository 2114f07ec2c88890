using BuildFarm.Coordinator.Journal;
using BuildFarm.Hosting;
using BuildFarm.Scheduling.Commands;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Coordinator.Loop;

/// <summary>
/// The one reader of the one queue of commands (design decision 4): execute what is there, append the events, flush once,
/// and only then let anyone hear of it. What arrives during a flush shares the next. A journal that fails ends the
/// coordinator: going on would acknowledge what may be lost.
/// </summary>
public sealed partial class SchedulerLoop : BackgroundService
{
    /// <summary>Commands in one flush at most, so that the first of them does not wait for a flood behind it.</summary>
    private const int LargestBatch = 1024;

    private readonly SchedulerQueue _queue;
    private readonly SchedulerLoopParts _parts;
    private readonly LoopClock _clock;
    private readonly LoopBatch _batch;
    private readonly FatalError _fatal;
    private readonly ILogger<SchedulerLoop> _logger;

    /// <summary>Makes a loop that has not begun.</summary>
    public SchedulerLoop(SchedulerQueue queue, SchedulerLoopParts parts, TimeProvider time, FatalError fatal, ILogger<SchedulerLoop> logger)
    {
        ArgumentNullException.ThrowIfNull(queue);
        ArgumentNullException.ThrowIfNull(parts);
        _queue = queue;
        _parts = parts;
        _fatal = fatal;
        _logger = logger;
        _clock = new LoopClock(time, queue.Wake);
        _batch = new LoopBatch(parts, _clock);
        parts.Readiness.Close(SchedulerLoopParts.ReadinessGate);
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        _clock.Dispose();
        base.Dispose();
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var reason = new LoopStoppedException("the coordinator is stopping");
        try
        {
            var lost = await _parts.Leadership.AcquireAsync(stoppingToken);
            await using var watch = lost.Register(StepDown);
            using var leading = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lost);
            await _parts.Recovery.RunAsync(_parts.State, leading.Token);
            await RunAsync(leading.Token);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested || _parts.Leadership.LostBecause is not null)
        {
            LogStopped();
        }
        catch (JournalException e)
        {
            reason = new LoopStoppedException("the coordinator has lost its journal", e);
            _fatal.Stop($"the journal failed, so nothing more can be acknowledged: {e.Message}", beginsAnew: e.IsJournalWell);
        }
        catch (Exception e)
        {
            reason = new LoopStoppedException("the coordinator's scheduler failed", e);
            LogFailed(e);
            _fatal.Stop($"the scheduler failed and its state can no longer be trusted: {e.Message}");
        }

        _batch.Abandon(reason);
        _queue.Close(reason);
        await _parts.Leadership.ReleaseAsync();
    }

    /// <summary>At once, also while the loop waits for a database that does not answer: nobody else may lead before this one has stopped.</summary>
    private void StepDown() => _fatal.Stop($"this coordinator no longer leads: {_parts.Leadership.LostBecause}", beginsAnew: true);

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        // First every stream of the coordinator before is gone: other pools may make room that no worker can be told of yet.
        _batch.Execute(new CommandItem(new Resume(), [], wantsReply: false));
        _batch.Execute(new CommandItem(new DeclarePools([.. _parts.Options.Pools.Select(pool => pool.ToSpec())]), [], wantsReply: false));
        await _batch.CommitAsync(stoppingToken);
        _queue.Open();
        _parts.Readiness.Open(SchedulerLoopParts.ReadinessGate);
        while (await _queue.Items.WaitToReadAsync(stoppingToken))
        {
            for (var taken = 0; taken < LargestBatch && _queue.Items.TryRead(out var item); taken++)
            {
                _batch.Execute(item);
            }

            _batch.TickIfDue();
            await _batch.CommitAsync(stoppingToken);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Debug, Message = "scheduler loop stopped")]
    private partial void LogStopped();

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "scheduler loop failed")]
    private partial void LogFailed(Exception exception);
}
