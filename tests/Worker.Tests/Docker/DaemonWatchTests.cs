using BuildFarm.Worker.Containers.Docker;
using BuildFarm.Worker.Tests.Docker.Engine;
using BuildFarm.Worker.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BuildFarm.Worker.Tests.Docker;

/// <summary>What is said of a daemon that ends, and when.</summary>
public sealed class DaemonWatchTests : IAsyncDisposable
{
    private readonly FakeEngine _daemon = FakeEngine.Streaming();
    private readonly TestTime _time = new();
    private readonly DaemonWatch _watch;

    public DaemonWatchTests() => _watch = new DaemonWatch(_daemon.Path, static _ => Task.CompletedTask, _time, NullLogger.Instance);

    private string Gone => $"the Docker daemon at {_daemon.Path} has gone away; start it again";

    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync();
        await _daemon.DisposeAsync();
    }

    [Fact]
    public async Task Killed_ByTwoContainersAtOnce_ReturnsToBothWhenItHasBeenTold()
    {
        await _watch.OpenAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith(
            $"the Docker daemon at {_daemon.Path} ends containers",
            Announcement.HeardBySecond(listener => _watch.Changed += listener, () => _watch.Killed(9)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reason_FromBeforeSomebodyListens_IsTold()
    {
        await _watch.OpenAsync(TestContext.Current.CancellationToken);
        _daemon.CloseDoor();
        _watch.Look();
        var told = new List<string>();
        _watch.Changed += told.Add;
        Assert.Equal([Gone], told);
    }

    [Fact]
    public async Task Look_AtADaemonThatLetsNobodyIn_SaysThatItIsGoneWhileItStillHoldsItsLines()
    {
        await _watch.OpenAsync(TestContext.Current.CancellationToken);
        _watch.Look();
        Assert.Equal("", _watch.Reason);

        _daemon.CloseDoor();
        _watch.Look();
        Assert.Equal(Gone, _watch.Reason);
        Assert.True(_watch.Line.IsOpen);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Suspicion_OfADaemonThatHoldsItsLines_EndsWhenItLetsSomebodyIn(bool closed)
    {
        using var patience = _time.Hold(DaemonWatch.StopPatience);
        await _watch.OpenAsync(TestContext.Current.CancellationToken);
        var told = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _watch.Start();
        _watch.Killed(9);
        var suspicion = _watch.Reason;
        _watch.Changed += reason => _ = reason != suspicion && told.TrySetResult(reason);
        if (closed)
            _daemon.CloseDoor();
        await patience.FireAsync();
        Assert.Equal(closed ? Gone : "", await told.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
    }
}
