using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Worker.Containers.Docker;

/// <summary>
/// Containers made ahead, each for one task. Whoever takes one asks for another of its class to be made, one after the other beside
/// the tasks, so there come to be as many of a class as are in use at once. Of other classes the longest unused go first when there
/// are too many.
/// </summary>
internal sealed partial class PreparedContainers : IAsyncDisposable
{
    private readonly ContainerMaker _maker;
    private readonly int _capacity;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly LinkedList<PreparedContainer> _waiting = new();
    private readonly Channel<ContainerClass> _wanted;
    private readonly Task _making;
    private int _toCome;
    private TaskCompletionSource? _settled;
    private bool _closed;

    /// <param name="maker">Makes them.</param>
    /// <param name="capacity">How many may wait; 0 for none.</param>
    /// <param name="logger">Hears of those that cannot be made.</param>
    public PreparedContainers(ContainerMaker maker, int capacity, ILogger logger)
    {
        _maker = maker;
        _capacity = capacity;
        _logger = logger;
        _wanted = Channel.CreateBounded<ContainerClass>(new BoundedChannelOptions(Math.Max(1, capacity)) { SingleReader = true });
        _making = capacity == 0 ? Task.CompletedTask : Task.Run(MakeAllAsync);
    }

    /// <summary>How many wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <summary>A container of a class: one that waits, or a new one.</summary>
    /// <exception cref="ContainerStartException">It cannot be made.</exception>
    public async Task<PreparedContainer> TakeAsync(ContainerClass kind, CancellationToken cancellationToken)
    {
        var taken = await TryTakeAsync(kind);
        Want(kind);
        if (taken is not null)
            return taken;
        var making = _maker.MakeAsync(kind);
        try
        {
            return await making.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            lock (_gate)
                _toCome++;
            _ = KeepAsync(making);
            throw;
        }
    }

    /// <summary>Completes when none is being made.</summary>
    public Task SettleAsync()
    {
        lock (_gate)
            return _toCome == 0 ? Task.CompletedTask : (_settled ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    /// <summary>Makes no more, and removes those that wait.</summary>
    public async ValueTask DisposeAsync()
    {
        _wanted.Writer.TryComplete();
        await _making;
        lock (_gate)
            _closed = true;
        await DiscardAllAsync();
    }

    /// <summary>Removes those that wait.</summary>
    public async ValueTask DiscardAllAsync()
    {
        PreparedContainer[] rest;
        lock (_gate)
        {
            rest = [.. _waiting];
            _waiting.Clear();
        }

        foreach (var container in rest)
            await _maker.DiscardAsync(container);
    }

    private async ValueTask<PreparedContainer?> TryTakeAsync(ContainerClass kind)
    {
        while (true)
        {
            PreparedContainer? found;
            lock (_gate)
            {
                found = _waiting.FirstOrDefault(container => container.Class == kind);
                if (found is not null)
                    _waiting.Remove(found);
            }

            if (found is null || found.IsWaiting)
                return found;
            await _maker.DiscardAsync(found);
        }
    }

    private void Want(ContainerClass kind)
    {
        lock (_gate)
        {
            // What does not fit is not wanted: there are as many to come already.
            if (_capacity > 0 && _wanted.Writer.TryWrite(kind))
                _toCome++;
        }
    }

    private void Come()
    {
        lock (_gate)
        {
            if (--_toCome > 0)
                return;
            _settled?.SetResult();
            _settled = null;
        }
    }

    private async Task MakeAllAsync()
    {
        await foreach (var kind in _wanted.Reader.ReadAllAsync())
        {
            try
            {
                await AddAsync(await _maker.MakeAsync(kind));
            }
            catch (ContainerStartException e)
            {
                // The next task that wants one hears of it.
                LogNotMade(e.Message);
            }

            Come();
        }
    }

    private async Task KeepAsync(Task<PreparedContainer> making)
    {
        try
        {
            await AddAsync(await making);
        }
        catch (ContainerStartException e)
        {
            LogNotMade(e.Message);
        }

        Come();
    }

    private async ValueTask AddAsync(PreparedContainer container)
    {
        PreparedContainer? tooMuch;
        lock (_gate)
        {
            tooMuch = _closed || _capacity == 0 ? container : null;
            if (tooMuch is null)
            {
                _waiting.AddLast(container);
                if (_waiting.Count > _capacity)
                {
                    tooMuch = _waiting.FirstOrDefault(other => other.Class != container.Class) ?? container;
                    _waiting.Remove(tooMuch);
                }
            }
        }

        if (tooMuch is not null)
            await _maker.DiscardAsync(tooMuch);
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "no container can be made ahead: {Reason}")]
    private partial void LogNotMade(string reason);
}
