using System.Threading.Channels;
using Xunit;

namespace BuildFarm.Worker.Tests.Support;

/// <summary>The machine's clock and timers, except that timers of a length that a test holds go off when the test says.</summary>
internal class TestTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TimeSpan, Held> _held = [];

    /// <summary>From now on timers of exactly this length wait for the test, until what is returned is disposed.</summary>
    public Held Hold(TimeSpan length)
    {
        lock (_gate)
        {
            return _held[length] = new Held(() => Release(length));
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
        timer.Change(dueTime, period);
        return timer;
    }

    private void Release(TimeSpan length)
    {
        lock (_gate)
        {
            _held.Remove(length);
        }
    }

    private bool Keeps(TimeSpan length, TimeSpan period, ITimer timer)
    {
        lock (_gate)
        {
            return _held.TryGetValue(length, out var held) && held.Timers.Writer.TryWrite((timer, period != Timeout.InfiniteTimeSpan));
        }
    }

    /// <summary>Timers of one length.</summary>
    public sealed class Held(Action release) : IDisposable
    {
        internal Channel<(ITimer Timer, bool Repeats)> Timers { get; } = Channel.CreateUnbounded<(ITimer, bool)>();

        /// <summary>Waits for the next of them that is set and still wanted, and has it go off now.</summary>
        public async Task FireAsync()
        {
            using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (true)
            {
                var (timer, repeats) = await Timers.Reader.ReadAsync(guard.Token);
                // One that was given up does not go off.
                if (!timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan))
                    continue;
                if (repeats)
                    Timers.Writer.TryWrite((timer, repeats));
                return;
            }
        }

        /// <summary>Waits until one of them is set, and leaves it.</summary>
        public async Task IsSetAsync()
        {
            using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            Assert.True(await Timers.Reader.WaitToReadAsync(guard.Token));
        }

        public void Dispose() => release();
    }

    private sealed class Timer(TestTime time, ITimer inner) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) =>
            time.Keeps(dueTime, period, inner) ? inner.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) : inner.Change(dueTime, period);

        public void Dispose() => inner.Dispose();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
