using System.Threading.Channels;

namespace BuildFarm.Cli.Runs;

/// <summary>
/// What a follower of a run must deal with, in the order in which it happened. A run that says more than is shown waits for room; what a
/// person or the system wants of this process never does, since nobody would say it again.
/// </summary>
internal sealed class FollowQueue
{
    private const int MostEvents = 256;

    private readonly Channel<FollowItem> _items = Channel.CreateUnbounded<FollowItem>(new UnboundedChannelOptions { SingleReader = true });

    // One for each item that takes room.
    private readonly Channel<bool> _taken = Channel.CreateBounded<bool>(MostEvents);

    /// <summary>Adds something about the run, when there is room.</summary>
    public async ValueTask WriteAsync(FollowItem item, CancellationToken cancellationToken)
    {
        await _taken.Writer.WriteAsync(true, cancellationToken);
        _items.Writer.TryWrite(item);
    }

    /// <summary>Adds something that may as well be left out when there is no room.</summary>
    /// <returns>False when it was.</returns>
    public bool TryWrite(FollowItem item) => _taken.Writer.TryWrite(true) && _items.Writer.TryWrite(item);

    /// <summary>Adds what somebody wants, whatever else waits.</summary>
    public void Want(FollowItem.Stop stop) => _items.Writer.TryWrite(stop);

    /// <summary>Adds what somebody answered, whatever else waits.</summary>
    public void Want(FollowItem.Answer answer) => _items.Writer.TryWrite(answer);

    /// <summary>The next item, for the one who follows.</summary>
    public async ValueTask<FollowItem> ReadAsync(CancellationToken cancellationToken)
    {
        var item = await _items.Reader.ReadAsync(cancellationToken);
        if (item is not (FollowItem.Stop or FollowItem.Answer))
        {
            _taken.Reader.TryRead(out _);
        }

        return item;
    }
}
