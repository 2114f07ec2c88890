using BuildFarm.Scheduling;
using Grpc.Core;

namespace BuildFarm.Coordinator.Workers;

/// <summary>One open stream of a worker.</summary>
internal sealed class LinkSession(WorkerId worker, string incarnation) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ended = new();
    private Status? _reason;
    private bool _disposed;
    private long _newestClock;

    public WorkerId Worker => worker;

    public string Incarnation => incarnation;

    /// <summary>What the worker should be doing, on its way out.</summary>
    public DesiredStateMailbox Mailbox { get; } = new();

    /// <summary>The worker's clock in the newest message that has come; 0 when it does not tell.</summary>
    public long NewestClock
    {
        get => Volatile.Read(ref _newestClock);
        set => Volatile.Write(ref _newestClock, value);
    }

    /// <summary>Cancelled when the stream must end.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Why it must; null while nobody has ended it.</summary>
    public Status? Reason
    {
        get
        {
            lock (_gate)
            {
                return _reason;
            }
        }
    }

    /// <summary>Ends the stream from our side; the first reason stands.</summary>
    public void End(Status reason)
    {
        lock (_gate)
        {
            if (_reason is not null || _disposed)
            {
                return;
            }

            _reason = reason;
        }

        _ = _ended.CancelAsync();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
        }

        _ended.Dispose();
    }
}
