namespace BuildFarm.Rpc.Server.Calls;

/// <summary>The deadline of a call: whichever comes first, the call's own end or this, ends the call; the other does nothing.</summary>
#pragma warning disable CA1001 // The source has no timer and is cancelled or dropped with the call; disposing it would race with the request that cancels it.
internal sealed class CallDeadline
#pragma warning restore CA1001
{
    /// <summary>The longest wait that every timer takes; a deadline beyond it is waited for in steps.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(24);

    private readonly Lock _gate = new();
    private readonly ServerCall _call;
    private readonly ITimer _timer;
    private CancellationTokenSource? _cancellation;
    private CancellationTokenRegistration _abort;
    private TaskCompletionSource? _expiry;
    private TimeSpan _left;
    private bool _ended;

    public CallDeadline(ServerCall call, TimeSpan timeout)
    {
        _call = call;
        var clock = call.Settings.Clock;
        var now = clock.GetUtcNow().UtcDateTime;
        Time = timeout < DateTime.MaxValue - now ? now + timeout : DateTime.MaxValue;
        _timer = clock.CreateTimer(static state => ((CallDeadline)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _left = timeout;
        WaitOn();
    }

    /// <summary>When the call ends, in UTC.</summary>
    public DateTime Time { get; }

    public bool IsExpired => _expiry is not null;

    /// <summary>Cancelled by the deadline and by the end of the request. Made when somebody asks, as many handlers never do.</summary>
    public CancellationToken CancellationToken
    {
        get
        {
            lock (_gate)
            {
                if (_cancellation is null)
                {
                    _cancellation = new CancellationTokenSource();
                    _abort = _call.Http.RequestAborted.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _cancellation);
                    if (IsExpired)
                    {
                        _cancellation.Cancel();
                    }
                }

                return _cancellation.Token;
            }
        }
    }

    /// <summary>True when the call ends before its deadline. False when the deadline has ended it, after it has done so.</summary>
    public async ValueTask<bool> TryEndAsync()
    {
        TaskCompletionSource? expiry;
        lock (_gate)
        {
            expiry = _expiry;
            _ended = expiry is null;
        }

        if (expiry is not null)
        {
            await expiry.Task;
        }

        await _timer.DisposeAsync();
        await _abort.DisposeAsync();
        return expiry is null;
    }

    private void WaitOn()
    {
        var step = _left < LongestWait ? _left : LongestWait;
        _left -= step;
        _timer.Change(step, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        if (_left > TimeSpan.Zero)
        {
            WaitOn();
            return;
        }

        CancellationTokenSource? cancellation;
        TaskCompletionSource expiry;
        lock (_gate)
        {
            if (_ended || _expiry is not null)
            {
                return;
            }

            _expiry = expiry = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            cancellation = _cancellation;
        }

        _ = ExpireAsync(expiry, cancellation);
    }

    /// <summary>Starts to send the status, tells the handler, and lets the call go when the status is out.</summary>
    private async Task ExpireAsync(TaskCompletionSource expiry, CancellationTokenSource? cancellation)
    {
        try
        {
            var sent = _call.EndAtDeadlineAsync();
            if (cancellation is not null)
            {
                await cancellation.CancelAsync();
            }

            await sent;
        }
#pragma warning disable CA1031 // A timer's callback has nobody to throw to; a cancellation callback of the handler may throw anything.
        catch (Exception e)
#pragma warning restore CA1031
        {
            CallDeadlineLog.ExpiryFailed(_call.Settings.Logger, _call.Method, e);
        }
        finally
        {
            expiry.SetResult();
        }
    }
}
