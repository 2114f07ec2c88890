using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace BuildFarm.Worker.Removal;

/// <summary>
/// Removes what tasks leave, one after the other beside the tasks that run, so that a slot is free for the next task before
/// the folders of the last are gone. Names of tasks are never used twice, so nothing here can meet a later task's.
/// </summary>
/// <remarks>
/// What waits still takes room on the disk. So only a little may wait: then whoever has more, and its slot with it, waits too.
/// </remarks>
internal sealed partial class BackgroundRemover : IAsyncDisposable
{
    /// <summary>Leavings that may wait; a task has two.</summary>
    public const int Capacity = 32;

    private readonly Channel<Leavings> _waiting = Channel.CreateBounded<Leavings>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly ILogger _logger;
    private readonly Task _removing;

    public BackgroundRemover(ILogger logger)
    {
        _logger = logger;
        _removing = Task.Run(RemoveAllAsync);
    }

    /// <summary>Takes leavings over; returns at once while there is room. Nothing is ever dropped.</summary>
    public async ValueTask AddAsync(Leavings leavings)
    {
        try
        {
            await _waiting.Writer.WriteAsync(leavings);
        }
        catch (ChannelClosedException)
        {
            // A task that outlived the patience of a stopping worker.
            await RemoveAsync(leavings);
        }
    }

    /// <summary>Waits until everything that was added before is removed, or said to stay.</summary>
    public async Task CatchUpAsync()
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await AddAsync(new Leavings("", reached.SetResult));
        await reached.Task;
    }

    /// <summary>Takes no more, and waits until the rest is removed.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _removing;
    }

    private async Task RemoveAllAsync()
    {
        await foreach (var leavings in _waiting.Reader.ReadAllAsync())
        {
            await RemoveAsync(leavings);
        }
    }

    private async ValueTask RemoveAsync(Leavings leavings)
    {
        try
        {
            await leavings.RemoveAsync();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogLeft(leavings.Name, e.Message);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "cannot remove {Name}, left by a task that has ended: {Reason}. Mend that and restart the worker, which tries again, or remove it by hand")]
    private partial void LogLeft(string name, string reason);
}
