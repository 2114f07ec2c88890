using System.Text;
using BuildFarm.BlobStore.Logs;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Execution;
using BuildFarm.Worker.Execution.Guards;
using BuildFarm.Worker.Logs;
using BuildFarm.Worker.Processes;
using BuildFarm.Worker.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace BuildFarm.Worker.Tests;

/// <summary>A worker that stood still for a while, with its machine, and then hears everything at once.</summary>
public sealed class StandingStillTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan StoodStill = TimeSpan.FromSeconds(20);
    private static readonly Task Never = new TaskCompletionSource().Task;

    [Fact]
    public async Task Stall_InTimeThatNobodyLookedAt_IsNone()
    {
        var clock = new SteppedClock();
        using var looks = clock.Hold(TimeSpan.FromSeconds(10));
        using var stop = new CancellationTokenSource();
        var container = new FakeContainer();
        var watching = new StallGuard(Limit, new LogBudget(1), clock).WatchAsync(container, stop.Token);
        await container.LookedAtAsync();
        // An hour at once, and nothing is known of it; then the limit, of which every part is looked at.
        foreach (var seconds in new[] { 3600.0 }.Concat(Enumerable.Repeat(10.0, 57)))
        {
            clock.Step(TimeSpan.FromSeconds(seconds));
            await looks.FireAsync();
            await container.LookedAtAsync();
        }

        Assert.False(watching.IsCompleted);
        clock.Step(TimeSpan.FromSeconds(10));
        await looks.FireAsync();
        Assert.Equal(new RunEnd(EndReason.Stalled, "stalled: no output, CPU time or I/O for 600 s"), await watching);
    }

    [Fact]
    public async Task Time_ThatIsUpAsTheTaskEnds_IsNoTimeout()
    {
        var clock = new SteppedClock();
        using var limit = clock.Hold(Limit);
        var container = new FakeContainer();
        // It ends while the guards hear that the time is up.
        var late = new LateGuard(container);
        var waiting = Watch(clock).WaitAsync(container, Limit, Never, [late], CancellationToken.None);
        await limit.FireAsync();
        Assert.Equal(EndReason.Exited, (await waiting).End.Reason);
        Assert.False(container.WasToldToEnd);
    }

    [Fact]
    public async Task Time_ThatWasUpWhileTheWorkerStoodStill_IsNoTimeoutOfATaskThatEnded()
    {
        var clock = new SteppedClock();
        using var limit = clock.Hold(Limit);
        using var hearing = clock.Hold(ContainerWatch.Hearing);
        var container = new FakeContainer();
        var waiting = Watch(clock).WaitAsync(container, Limit, Never, [], CancellationToken.None);
        clock.Step(Limit + StoodStill);
        await limit.FireAsync();
        // Of its end the worker hears when the time is long up.
        await Task.WhenAny(hearing.IsSetAsync(), container.ToldToEnd);
        container.End();
        Assert.Equal(EndReason.Exited, (await waiting).End.Reason);
        Assert.False(container.WasToldToEnd);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Time_ThatIsUpForATaskThatGoesOn_IsATimeout(bool stoodStill)
    {
        var clock = new SteppedClock();
        using var limit = clock.Hold(Limit);
        using var hearing = clock.Hold(ContainerWatch.Hearing);
        var container = new FakeContainer();
        _ = container.ToldToEnd.ContinueWith(_ => container.End(), TaskScheduler.Default);
        var waiting = Watch(clock).WaitAsync(container, Limit, Never, [], CancellationToken.None);
        clock.Step(stoodStill ? Limit + StoodStill : Limit);
        await limit.FireAsync();
        // In time there is nothing to wait for.
        if (stoodStill)
            await hearing.FireAsync();
        Assert.Equal(EndReason.TimedOut, (await waiting).End.Reason);
        Assert.True(container.WasToldToEnd);
    }

    [Fact]
    public async Task Kill_AfterWhichTheWorkerStoodStill_HasEndedTheContainer()
    {
        var clock = new SteppedClock();
        using var patience = clock.Hold(ContainerWatch.KillPatience);
        using var hearing = clock.Hold(ContainerWatch.Hearing);
        using var cancel = new CancellationTokenSource();
        var container = new FakeContainer();
        var waiting = Watch(clock).WaitAsync(container, Limit, Never, [], cancel.Token);
        await cancel.CancelAsync();
        await patience.IsSetAsync();
        clock.Step(ContainerWatch.KillPatience + StoodStill);
        await patience.FireAsync();
        await Task.WhenAny(hearing.IsSetAsync(), waiting);
        container.End();
        Assert.Equal(EndReason.Cancelled, (await waiting).End.Reason);
    }

    [Fact]
    public async Task Log_ReadTooLate_IsWholeAllTheSame()
    {
        using var folder = new TestKit.TempFolder();
        using var spool = new LogSpool(folder.File("log"));
        var capture = new LogCapture(new NoLogs(), new LogBudget(1 << 20), [], NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        var pipe = new HeldOpenPipe(stop);
        await capture.RunAsync(pipe, "", spool, trailer: null, stop.Token);
        Assert.Equal(pipe.Written, spool.Length);
    }

    [Fact]
    public async Task Log_OfAWriterWithoutEnd_IsLeftWhereItWas()
    {
        using var folder = new TestKit.TempFolder();
        using var spool = new LogSpool(folder.File("log"));
        var capture = new LogCapture(new NoLogs(), new LogBudget(1 << 30), [], NullLogger.Instance);
        await capture.RunAsync(new EndlessPipe(), "", spool, trailer: null, new CancellationToken(canceled: true));
        Assert.InRange(spool.Length, 1, 2 << 20);
    }

    private static ContainerWatch Watch(SteppedClock clock) => new(clock, TimeSpan.FromMinutes(1), static _ => Task.CompletedTask);

    /// <summary>Something that runs and does nothing.</summary>
    private sealed class FakeContainer : IRunningContainer
    {
        private readonly SemaphoreSlim _looks = new(0);
        private readonly TaskCompletionSource<ExitEvidence> _exit = new();
        private readonly TaskCompletionSource _toldToEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task ToldToEnd => _toldToEnd.Task;

        public bool WasToldToEnd => ToldToEnd.IsCompleted;

        public IOutputStream StandardOutput => throw new NotSupportedException();

        public IOutputStream StandardError => throw new NotSupportedException();

        public async Task LookedAtAsync() => Assert.True(await _looks.WaitAsync(TimeSpan.FromSeconds(60)));

        public IReadOnlyList<int> Processes()
        {
            _looks.Release();
            // None that reads or writes.
            return [int.MaxValue];
        }

        public Task<ExitEvidence> WaitAsync(CancellationToken cancellationToken) => _exit.Task;

        public void End() => _exit.SetResult(new ExitEvidence(0, CgroupUsage.None));

        public void Terminate() => _toldToEnd.TrySetResult();

        public void Kill() => _toldToEnd.TrySetResult();

        public ValueTask DisposeAsync() => default;
    }

    /// <summary>The container ends between the end of its time and whoever looks at that.</summary>
    private sealed class LateGuard(FakeContainer container) : IRunGuard
    {
        public async Task<RunEnd> WatchAsync(IRunningContainer watched, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            container.End();
            return new RunEnd(EndReason.Exited);
        }
    }

    /// <summary>Its reader is told to stop before it hears of what was written; the writing end stays open.</summary>
    private sealed class HeldOpenPipe(CancellationTokenSource stop) : IOutputStream
    {
        private readonly byte[] _bytes = Encoding.ASCII.GetBytes(new string('x', 200_000));
        private int _read;

        public int Written => _bytes.Length;

        public async Task WaitAsync(CancellationToken cancellationToken)
        {
            await stop.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }

        public int TryRead(Span<byte> buffer)
        {
            var there = stop.IsCancellationRequested ? Math.Min(buffer.Length, _bytes.Length - _read) : 0;
            _bytes.AsSpan(_read, there).CopyTo(buffer);
            _read += there;
            return there == 0 ? -1 : there;
        }

        public void Dispose()
        {
        }
    }

    private sealed class EndlessPipe : IOutputStream
    {
        public Task WaitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public int TryRead(Span<byte> buffer) => buffer.Length;

        public void Dispose()
        {
        }
    }

    private sealed class NoLogs : ILogStore
    {
        public ValueTask<long> AppendAsync(string name, long offset, ReadOnlyMemory<byte> bytes, bool finish, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<int> ReadAsync(string name, long offset, Memory<byte> buffer, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<LogStreamState?> GetStateAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
