using System.Runtime.InteropServices;
using BuildFarm.Cli.Runs;
using Xunit;

namespace BuildFarm.Cli.Tests.Runs;

/// <summary>A run that says more than is shown keeps nobody from ending the command.</summary>
public sealed class FollowQueueTests
{
    private readonly FollowQueue _queue = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(PosixSignal.SIGINT, StopSignal.Interrupt)]
    [InlineData(PosixSignal.SIGTERM, StopSignal.Terminate)]
    public async Task Signal_WhileTheQueueIsFull_IsTakenAndComesInItsTurn(PosixSignal signal, StopSignal stop)
    {
        var events = Fill();
        var context = new PosixSignalContext(signal);

        StopSignals.Take(context, stop, _queue);
        _queue.Want(new FollowItem.Answer('c'));

        Assert.True(context.Cancel);
        for (var i = 0; i < events; i++)
        {
            Assert.IsType<FollowItem.Tick>(await _queue.ReadAsync(Token));
        }

        Assert.Equal(new FollowItem.Stop(stop), await _queue.ReadAsync(Token));
        Assert.Equal(new FollowItem.Answer('c'), await _queue.ReadAsync(Token));
    }

    [Fact]
    public async Task Event_WhileTheQueueIsFull_WaitsForRoom()
    {
        Fill();
        _queue.Want(new FollowItem.Stop(StopSignal.Interrupt));

        var writing = _queue.WriteAsync(new FollowItem.Remark("late"), Token).AsTask();
        Assert.False(writing.IsCompleted);
        await _queue.ReadAsync(Token);
        await writing;

        Assert.False(_queue.TryWrite(new FollowItem.Tick()));
    }

    [Fact]
    public async Task Stop_Read_GivesNoRoomToEvents()
    {
        _queue.Want(new FollowItem.Stop(StopSignal.Interrupt));
        var events = Fill();

        Assert.IsType<FollowItem.Stop>(await _queue.ReadAsync(Token));

        Assert.Equal(256, events);
        Assert.False(_queue.TryWrite(new FollowItem.Tick()));
    }

    private int Fill()
    {
        var events = 0;
        while (_queue.TryWrite(new FollowItem.Tick()))
        {
            events++;
        }

        return events;
    }
}
