using System.Threading.Channels;
using BuildFarm.Coordinator.Journal;
using BuildFarm.Scheduling;
using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;

namespace BuildFarm.Coordinator.Loop;

/// <summary>What waits for the scheduler: everybody writes, the loop alone reads.</summary>
public sealed class SchedulerQueue
{
    private readonly Channel<LoopItem> _items;
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider _time;
    private long _correlation;

    /// <summary>Makes an empty queue; what comes waits until the loop reads.</summary>
    public SchedulerQueue(CoordinatorOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        _time = time;
        _items = Channel.CreateBounded<LoopItem>(new BoundedChannelOptions(options.LoopCapacity) { SingleReader = true });
    }

    internal ChannelReader<LoopItem> Items => _items.Reader;

    /// <summary>When everything had been recovered; the past before that.</summary>
    public DateTimeOffset OpenedAt { get; private set; }

    /// <summary>Waits until the state, and with it every job, has been recovered: before that nobody may be told that a job is unknown.</summary>
    /// <exception cref="LoopStoppedException">The loop has ended before.</exception>
    public Task OpenedAsync(CancellationToken cancellationToken) => _opened.Task.WaitAsync(cancellationToken);

    /// <summary>Hands a command over without waiting for its effects; waits for room in the queue.</summary>
    /// <param name="command">What happened.</param>
    /// <param name="facts">What must be durable together with the command's events.</param>
    /// <param name="cancellationToken">Stops the wait for room.</param>
    /// <exception cref="LoopStoppedException">The loop has ended.</exception>
    public ValueTask PostAsync(Command command, IReadOnlyList<JournalFact> facts, CancellationToken cancellationToken) =>
        EnqueueAsync(new CommandItem(command, facts, wantsReply: false), cancellationToken);

    /// <inheritdoc cref="PostAsync(Command, IReadOnlyList{JournalFact}, CancellationToken)"/>
    public ValueTask PostAsync(Command command, CancellationToken cancellationToken) => PostAsync(command, [], cancellationToken);

    /// <summary>Hands a command over and waits until its events are durable; the result is the scheduler's reply.</summary>
    /// <exception cref="LoopStoppedException">The loop has ended; whether the command took effect is unknown.</exception>
    public async Task<Effect> ExecuteAsync(Command command, IReadOnlyList<JournalFact> facts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(command);
        var item = new CommandItem(command with { Correlation = Interlocked.Increment(ref _correlation) }, facts, wantsReply: true);
        await EnqueueAsync(item, cancellationToken);
        return await item.Reply.WaitAsync(cancellationToken);
    }

    /// <inheritdoc cref="ExecuteAsync(Command, IReadOnlyList{JournalFact}, CancellationToken)"/>
    public Task<Effect> ExecuteAsync(Command command, CancellationToken cancellationToken) => ExecuteAsync(command, [], cancellationToken);

    /// <summary>Asks the state. <paramref name="question"/> runs on the loop: it only reads, and quickly.</summary>
    /// <exception cref="LoopStoppedException">The loop has ended.</exception>
    public async Task<T> QueryAsync<T>(Func<SchedulerState, T> question, CancellationToken cancellationToken)
    {
        var item = new QueryItem<T>(question);
        await EnqueueAsync(item, cancellationToken);
        return await item.Reply.WaitAsync(cancellationToken);
    }

    /// <summary>Makes the loop look at the clock. A full queue needs no waking: the loop looks in every round.</summary>
    internal void Wake() => _items.Writer.TryWrite(WakeUpItem.Instance);

    /// <summary>Everything has been recovered.</summary>
    internal void Open()
    {
        OpenedAt = _time.GetUtcNow();
        _opened.TrySetResult();
    }

    /// <summary>The loop has ended: nobody who waits, or comes, gets an answer.</summary>
    internal void Close(LoopStoppedException reason)
    {
        _items.Writer.TryComplete(reason);
        if (_opened.TrySetException(reason))
        {
            // Nobody may have waited; that is no fault.
            _ = _opened.Task.Exception;
        }

        while (_items.Reader.TryRead(out var item))
        {
            item.Abandon(reason);
        }
    }

    private async ValueTask EnqueueAsync(LoopItem item, CancellationToken cancellationToken)
    {
        try
        {
            await _items.Writer.WriteAsync(item, cancellationToken);
        }
        catch (ChannelClosedException e)
        {
            throw e.InnerException as LoopStoppedException ?? new LoopStoppedException("the coordinator is stopping", e);
        }
    }
}
